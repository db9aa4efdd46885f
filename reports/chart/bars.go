package chart

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Bars are bars that lie on their side, one for each name, series stacked upon
// each other: for comparing things that have names.
type Bars struct {
	Names  []string // from the top down; they may be anyone's text
	Series []Series
	Format Format
	// Unfinished are the places of names that are not over: they are drawn apart,
	// and the legend says so with UnfinishedName. Default: none.
	Unfinished     []int
	UnfinishedName string
}

// Draw makes the chart's option.
func (b Bars) Draw() (Drawing, error) {
	if err := check(len(b.Names), b.Series); err != nil {
		return Drawing{}, err
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(base(opts.Tooltip{
		Trigger:     "axis",
		Formatter:   axisTooltip,
		AxisPointer: &opts.AxisPointer{Type: "shadow"},
	})...)
	values := valueAxis(b.Format, nil)
	named := label("")
	named.Width, named.Overflow, named.Ellipsis = 180, "truncate", "…"
	named.Interval = "0"
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "4", Right: "44", Top: "4", Bottom: "4", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", MinInterval: values.MinInterval, AxisLabel: values.AxisLabel, SplitLine: values.SplitLine}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "category", Data: b.Names, Inverse: opts.Bool(true), AxisLabel: named, AxisLine: &opts.AxisLine{LineStyle: ruleLine()},
		}),
	)
	for _, s := range b.Series {
		data := make([]opts.BarData, len(s.Values))
		for i, v := range s.Values {
			data[i] = opts.BarData{Name: b.Names[i], Value: number(v)}
			if slices.Contains(b.Unfinished, i) {
				data[i].ItemStyle = faded(s.Color)
			}
		}
		style := []charts.SeriesOpts{
			charts.WithBarChartOpts(opts.BarChart{Stack: "all", BarCategoryGap: "36%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: s.Color.token(), BorderColor: panel, BorderWidth: seam(b.Series)}),
			b.Format.tooltip(),
		}
		if len(b.Series) == 1 {
			style = append(style, charts.WithLabelOpts(opts.Label{
				Show: opts.Bool(true), Position: "right", Color: ink, FontSize: 12, Formatter: b.Format.formatter(),
			}))
		}
		bar.AddSeries(s.Name, data, style...)
	}
	var keys []Key
	if len(b.Series) > 1 {
		for _, s := range b.Series {
			keys = append(keys, Key{Name: s.Name, Color: s.Color, Shape: Filled})
		}
	}
	if len(b.Unfinished) > 0 && len(b.Series) > 0 {
		keys = append(keys, Key{Name: b.UnfinishedName, Color: b.Series[0].Color, Shape: Faded})
	}
	option, err := encode(bar.JSON())
	return Drawing{Option: option, Legend: keys, Height: 2.5 + 2.25*float64(len(b.Names))}, err
}
