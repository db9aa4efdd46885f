package chart

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// HeatMap is a grid of cells, the darker (on light paper) the more.
type HeatMap struct {
	Name    string // of the number in a cell, for tooltips
	Columns []string
	Rows    []string // from the top down
	Values  [][]float64
	Titles  [][]string // long name of each cell, for tooltips
	Format  Format
	// ScaleEnd is written at the end of the scale, which starts at 0: the largest number.
	ScaleEnd string
}

// Most is the largest number of the cells, 0 when there is none.
func (h HeatMap) Most() float64 {
	most := 0.0
	for _, row := range h.Values {
		for _, v := range row {
			if v > most {
				most = v
			}
		}
	}
	return most
}

// Step is the scale's step of a number, 0 (nothing) to HeatSteps-1 (the most):
// tables are coloured as the chart is.
func (h HeatMap) Step(v float64) int {
	most := h.Most()
	if most == 0 || math.IsNaN(v) || v <= 0 {
		return 0
	}
	return 1 + int(min(v/most*(HeatSteps-1), HeatSteps-2))
}

// Draw makes the chart's option. A cell's value is its column, row, number and
// step of the scale; its colour is that of the step.
func (h HeatMap) Draw() (Drawing, error) {
	if len(h.Values) != len(h.Rows) || len(h.Titles) != len(h.Rows) {
		return Drawing{}, fmt.Errorf("draw %q: %d rows of numbers and %d of titles for %d names", h.Name, len(h.Values), len(h.Titles), len(h.Rows))
	}
	var cells []opts.HeatMapData
	for y, row := range h.Values {
		if len(row) != len(h.Columns) || len(h.Titles[y]) != len(h.Columns) {
			return Drawing{}, fmt.Errorf("draw %q: row %d has %d numbers and %d titles for %d columns", h.Name, y+1, len(row), len(h.Titles[y]), len(h.Columns))
		}
		for x, v := range row {
			cells = append(cells, opts.HeatMapData{Name: h.Titles[y][x], Value: []any{x, y, number(v), h.Step(v)}})
		}
	}
	chart := charts.NewHeatMap()
	chart.SetGlobalOptions(base(opts.Tooltip{Trigger: "item", Formatter: cellTooltip})...)
	noTick, noLine := &opts.AxisTick{Show: opts.Bool(false)}, &opts.AxisLine{Show: opts.Bool(false)}
	steps := make([]string, HeatSteps)
	for i := range steps {
		steps[i] = fmt.Sprintf("var(--heat-%d)", i)
	}
	chart.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "4", Right: "4", Top: "4", Bottom: "4", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: h.Columns, AxisLabel: label(""), AxisTick: noTick, AxisLine: noLine}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: h.Rows, Inverse: opts.Bool(true), AxisLabel: label(""), AxisLine: noLine}),
		charts.WithVisualMapOpts(opts.VisualMap{
			// The scale stands in the legend: it wraps, prints and is read aloud.
			Show: opts.Bool(false), Type: "continuous", Calculable: opts.Bool(false), Dimension: "3", Min: 0, Max: HeatSteps - 1,
			InRange: &opts.VisualMapInRange{Color: steps},
		}),
	)
	chart.AddSeries(h.Name, cells,
		charts.WithItemStyleOpts(opts.ItemStyle{BorderColor: panel, BorderWidth: 1.5}),
		charts.WithEmphasisOpts(opts.Emphasis{ItemStyle: &opts.ItemStyle{BorderColor: "var(--ink)", BorderWidth: 1.5}}),
		h.Format.tooltip(),
	)
	option, err := encode(chart.JSON())
	return Drawing{Option: option, Legend: h.legend(), Height: 2 + 2.1*float64(len(h.Rows)), Turns: true}, err
}

// legend is the scale: nothing, the steps between, the most.
func (h HeatMap) legend() []Key {
	keys := make([]Key, HeatSteps)
	for i := range keys {
		keys[i] = Key{Color: Color(fmt.Sprintf("heat-%d", i)), Shape: Step}
	}
	keys[0].Name, keys[HeatSteps-1].Name = "0", h.ScaleEnd
	return keys
}
