package chart

import (
	"embed"
	"io/fs"
)

//go:embed assets/draw.js assets/option.js assets/palette.css assets/echarts.min.js assets/echarts-*.txt
var assets embed.FS

// Assets are the files that a page with charts needs beside it: palette.css,
// echarts.min.js, option.js, draw.js (in that order), and ECharts' licences.
func Assets() fs.FS {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the folder is named in the line above
	}
	return files
}
