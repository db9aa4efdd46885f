package chart

import (
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Mark is something that happened, drawn as an upright line where it happened.
type Mark struct {
	At int // place of the label, from 0
	// Letter stands at the line; the legend says what it is. Marks at one place
	// share a line.
	Letter string
	Name   string
}

// uprights draws marks into a series; lettered is the one that has the letters.
func uprights(marks []Mark, lettered bool) []charts.SeriesOpts {
	if len(marks) == 0 {
		return nil
	}
	letters := map[int][]string{}
	var places []int
	for _, m := range marks {
		if letters[m.At] == nil {
			places = append(places, m.At)
		}
		letters[m.At] = append(letters[m.At], m.Letter)
	}
	slices.Sort(places)
	var lines []opts.MarkLineNameXAxisItem
	for _, at := range places {
		lines = append(lines, opts.MarkLineNameXAxisItem{Name: strings.Join(letters[at], " "), XAxis: at})
	}
	return []charts.SeriesOpts{
		charts.WithMarkLineNameXAxisItemOpts(lines...),
		charts.WithMarkLineStyleOpts(opts.MarkLineStyle{
			Symbol:    []string{"none", "none"},
			LineStyle: &opts.LineStyle{Color: ink, Type: "dashed", Width: 1.25},
			Label:     &opts.Label{Show: opts.Bool(lettered), Formatter: "{b}", Color: "var(--ink)", FontSize: 12, FontWeight: "bold", Position: "end"},
		}),
	}
}

func markKeys(marks []Mark) []Key {
	var keys []Key
	for _, m := range marks {
		keys = append(keys, Key{Name: m.Letter + ": " + m.Name, Shape: Upright})
	}
	return keys
}
