package chart

import (
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Panel is one series of Panels, with an axis of its own.
type Panel struct {
	Series
	Format Format
	Shape  Shape // Line, Filled, or Stairs: a line that stays level from each label to the next
	// Raised are the places of labels whose points stand out, and RaisedName is
	// what the legend says of them. Default: none.
	Raised     []int
	RaisedName string
}

// Panels are series over the same time, one below the other, each on its own
// scale: numbers of different sizes do not hide each other. One panel is a
// plain line chart.
type Panels struct {
	Labels []string // short, along the axis
	Titles []string // long, for tooltips; default: Labels
	Panels []Panel
	// Unfinished: the last label's period is not over. It is drawn apart, and
	// the legend says so with this text. Default "": all are over.
	Unfinished string
	// UnfinishedLabels are so many at the end. Default 1, where Unfinished says something.
	UnfinishedLabels int
	Marks            []Mark
}

const (
	panelHeight = 9.5 // rem of one panel of several
	panelHead   = 2.0 // rem above each for its name
	panelFoot   = 1.4 // rem below the last for the labels
	remInPixels = 16
)

// Draw makes the chart's option.
func (p Panels) Draw() (Drawing, error) {
	chart := charts.NewLine()
	chart.SetGlobalOptions(base(opts.Tooltip{
		Trigger:     "axis",
		Formatter:   axisTooltip,
		AxisPointer: &opts.AxisPointer{Type: "line", Label: &opts.Label{Show: opts.Bool(false)}},
	})...)
	total := panelFoot
	if len(p.Panels) == 1 {
		total = 18 - panelHead - panelHeight
	}
	chart.XAxisList, chart.YAxisList = nil, nil
	linked := []int{}
	for i, panel := range p.Panels {
		if err := check(len(p.Labels), []Series{panel.Series}); err != nil {
			return Drawing{}, err
		}
		linked = append(linked, i)
		last := i == len(p.Panels)-1
		grid := opts.Grid{Left: "68", Right: "12", Top: pixels(float64(i)*(panelHeight+panelHead) + panelHead), Height: pixels(panelHeight - 0.5)}
		if len(p.Panels) == 1 {
			grid = opts.Grid{Left: "4", Right: "12", Top: "16", Bottom: "4", ContainLabel: opts.Bool(true)}
		}
		chart.SetGlobalOptions(charts.WithGridOpts(grid))
		total += panelHeight + panelHead
		axis := label("")
		axis.Show = opts.Bool(last)
		chart.ExtendXAxis(opts.XAxis{
			Type: "category", GridIndex: i, Data: p.Labels, AxisLabel: axis,
			AxisLine: &opts.AxisLine{LineStyle: ruleLine()}, AxisTick: &opts.AxisTick{Show: opts.Bool(false)},
		})
		values := valueAxis(panel.Format, []Series{panel.Series})
		values.GridIndex = i
		if len(p.Panels) > 1 {
			values.SplitNumber = 3
			values.Name, values.NameLocation, values.NameGap = panel.Name, "end", 14
		}
		chart.ExtendYAxis(values)
		p.add(chart, panel, i)
	}
	if len(p.Panels) > 1 {
		chart.AxisPointer = &opts.AxisPointer{Link: []opts.AxisPointerLink{{XAxisIndex: linked}}}
	}
	option, err := encode(chart.JSON())
	return Drawing{Option: option, Legend: p.legend(), Height: total}, err
}

func pixels(rem float64) string { return fmt.Sprintf("%.0f", rem*remInPixels) }

func (p Panels) add(chart *charts.Line, panel Panel, index int) {
	whole := overUntil(len(panel.Values), p.Unfinished, p.UnfinishedLabels)
	if panel.Shape == Filled {
		data := make([]opts.BarData, len(panel.Values))
		for i, v := range panel.Values {
			data[i] = opts.BarData{Name: names(p.Titles, i, p.Labels[i]), Value: number(v)}
			if i >= whole {
				data[i].ItemStyle = outline(panel.Color)
			}
		}
		bar := charts.NewBar()
		bar.AddSeries(panel.Name, data, append([]charts.SeriesOpts{
			charts.WithBarChartOpts(opts.BarChart{XAxisIndex: index, YAxisIndex: index, BarCategoryGap: "40%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: panel.Color.token()}),
			panel.Format.tooltip(),
		}, uprights(p.Marks, index == 0)...)...)
		chart.Overlap(bar)
		return
	}
	data := make([]opts.LineData, len(panel.Values))
	for i, v := range panel.Values {
		data[i] = opts.LineData{Name: names(p.Titles, i, p.Labels[i]), Value: number(v)}
		if i >= whole {
			data[i].Value = nil
		}
	}
	style := []charts.SeriesOpts{
		charts.WithLineStyleOpts(opts.LineStyle{Color: panel.Color.token(), Width: 2.25}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: panel.Color.token()}),
		panel.Format.tooltip(),
	}
	line := opts.LineChart{XAxisIndex: index, YAxisIndex: index, Symbol: "circle", SymbolSize: 5, ShowSymbol: opts.Bool(true)}
	if panel.Shape == Stairs {
		line.Step, line.ShowSymbol = "end", opts.Bool(len(panel.Values) == 1) // one step alone has no length
	}
	style = append(style, charts.WithLineChartOpts(line))
	chart.AddSeries(panel.Name, data, append(style, uprights(p.Marks, index == 0)...)...)
	p.addRaised(chart, panel, index)
	if !slices.ContainsFunc(panel.Values[whole:], func(v float64) bool { return !math.IsNaN(v) }) {
		return
	}
	apart := make([]opts.LineData, len(panel.Values))
	for i := range apart {
		apart[i] = opts.LineData{Name: names(p.Titles, i, p.Labels[i])}
	}
	for i := whole; i < len(apart); i++ {
		apart[i].Value = number(panel.Values[i])
	}
	chart.AddSeries(panel.Name, apart, charts.WithItemStyleOpts(*outline(panel.Color)),
		charts.WithLineStyleOpts(opts.LineStyle{Color: panel.Color.token(), Width: 1.25, Type: "dotted"}), panel.Format.tooltip(), charts.WithLineChartOpts(opts.LineChart{
			XAxisIndex: index, YAxisIndex: index, Symbol: "circle", SymbolSize: 8, ShowSymbol: opts.Bool(true),
		}))
}

// addRaised draws the points that stand out, over the line.
func (p Panels) addRaised(chart *charts.Line, panel Panel, index int) {
	if len(panel.Raised) == 0 {
		return
	}
	points := make([]opts.LineData, len(panel.Values))
	for i := range points {
		points[i] = opts.LineData{Name: names(p.Titles, i, p.Labels[i])}
		if slices.Contains(panel.Raised, i) {
			points[i].Value = number(panel.Values[i])
		}
	}
	chart.AddSeries(panel.RaisedName, points, charts.WithItemStyleOpts(opts.ItemStyle{Color: Brown.token()}), panel.Format.tooltip(),
		charts.WithLineStyleOpts(opts.LineStyle{Color: Brown.token(), Width: 0.01}),
		charts.WithLineChartOpts(opts.LineChart{XAxisIndex: index, YAxisIndex: index, Symbol: "diamond", SymbolSize: 13, ShowSymbol: opts.Bool(true)}))
}

func (p Panels) legend() []Key {
	var keys []Key
	if p.Unfinished != "" && len(p.Panels) > 0 {
		keys = append(keys, Key{Name: p.Unfinished, Color: p.Panels[0].Color, Shape: Outlined})
	}
	for _, panel := range p.Panels {
		if len(panel.Raised) > 0 {
			keys = append(keys, Key{Name: panel.RaisedName, Color: Brown, Shape: Filled})
		}
	}
	return append(keys, markKeys(p.Marks)...)
}
