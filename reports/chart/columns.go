package chart

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Columns are upright bars over time, series stacked upon each other; numbers
// below zero stack downwards.
type Columns struct {
	Labels []string // short, along the axis
	Titles []string // long, for tooltips; default: Labels
	Series []Series
	Format Format
	// Unfinished: the last label's period is not over. It is drawn as an outline,
	// or faded where bars are stacked, and the legend says so with this text.
	// Default "": all are over.
	Unfinished string
	// UnfinishedLabels are so many at the end. Default 1, where Unfinished says something.
	UnfinishedLabels int
	Marks            []Mark
	// Height in rem. Default 20.
	Height float64
}

// Draw makes the chart's option.
func (c Columns) Draw() (Drawing, error) {
	if err := check(len(c.Labels), c.Series); err != nil {
		return Drawing{}, err
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(base(opts.Tooltip{
		Trigger:     "axis",
		Formatter:   axisTooltip,
		AxisPointer: &opts.AxisPointer{Type: "shadow"},
	})...)
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "4", Right: "8", Top: "16", Bottom: "4", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(opts.XAxis{
			Type: "category", Data: c.Labels, AxisLabel: label(""),
			AxisLine: &opts.AxisLine{LineStyle: ruleLine(), OnZero: opts.Bool(true)}, AxisTick: &opts.AxisTick{Show: opts.Bool(false)},
		}),
		charts.WithYAxisOpts(valueAxis(c.Format, c.Series)),
	)
	for n, s := range c.Series {
		data := make([]opts.BarData, len(s.Values))
		for i, v := range s.Values {
			data[i] = opts.BarData{Name: names(c.Titles, i, c.Labels[i]), Value: number(v)}
			if i >= overUntil(len(s.Values), c.Unfinished, c.UnfinishedLabels) {
				data[i].ItemStyle = c.apart(s.Color)
			}
		}
		style := []charts.SeriesOpts{
			charts.WithBarChartOpts(opts.BarChart{Stack: "all", BarCategoryGap: "28%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: s.Color.token(), BorderColor: panel, BorderWidth: seam(c.Series)}),
			c.Format.tooltip(),
		}
		if n == 0 {
			style = append(style, uprights(c.Marks, true)...)
		}
		bar.AddSeries(s.Name, data, style...)
	}
	option, err := encode(bar.JSON())
	return Drawing{Option: option, Legend: append(c.legend(), markKeys(c.Marks)...), Height: height(c.Height)}, err
}

func (c Columns) legend() []Key {
	var keys []Key
	if len(c.Series) > 1 {
		for _, s := range c.Series {
			keys = append(keys, Key{Name: s.Name, Color: s.Color, Shape: Filled})
		}
	}
	if c.Unfinished != "" && len(c.Series) > 0 {
		if len(keys) == 0 {
			keys = append(keys, Key{Name: c.Series[0].Name, Color: c.Series[0].Color, Shape: Filled})
		}
		shape := Outlined
		if len(c.Series) > 1 {
			shape = Faded
		}
		keys = append(keys, Key{Name: c.Unfinished, Color: c.Series[0].Color, Shape: shape})
	}
	return keys
}

// apart is how the bars of a period look that is not over.
func (c Columns) apart(color Color) *opts.ItemStyle {
	if len(c.Series) == 1 {
		return outline(color)
	}
	return faded(color)
}

// seam parts stacked bars of neighbouring colours by a thin line.
func seam(all []Series) float32 {
	if len(all) > 1 {
		return 0.5
	}
	return 0
}

func outline(color Color) *opts.ItemStyle {
	return &opts.ItemStyle{Color: panel, BorderColor: color.token(), BorderWidth: 1.5}
}

func faded(color Color) *opts.ItemStyle {
	return &opts.ItemStyle{Color: color.token(), Opacity: opts.Float(0.45)}
}

// overUntil is the place of the first label whose period is not over.
func overUntil(labels int, unfinished string, last int) int {
	if unfinished == "" {
		return labels
	}
	return max(0, labels-max(last, 1))
}

func height(rem float64) float64 {
	if rem == 0 {
		return 20
	}
	return rem
}

// valueAxis starts at zero, for whole numbers has whole ticks only, and for shares ends with the whole.
func valueAxis(format Format, all []Series) opts.YAxis {
	axis := opts.YAxis{
		Type: "value", AxisLabel: label(format.formatter()),
		SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: ruleLine()},
	}
	switch format.kind {
	case Count.kind:
		axis.MinInterval = 1
	case Percent.kind:
		if mostOf(all) > 0.8 { // ticks would go on to 120%
			axis.Max = 1
		}
	case Duration.kind:
		axis.MinInterval = durationStep(all)
		axis.MaxInterval = axis.MinInterval
	}
	return axis
}

// mostOf is the largest number of some series, 0 where none is above.
func mostOf(all []Series) float64 {
	most := 0.0
	for _, s := range all {
		for _, v := range s.Values {
			if v > most {
				most = v
			}
		}
	}
	return most
}

// durationStep is the distance between ticks that reads well in minutes, hours
// and days, with at most five of them.
func durationStep(all []Series) float64 {
	most := mostOf(all)
	const minute, hour, day = 60, 3600, 86400
	steps := []float64{1, 5, 10, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 4 * hour, 8 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day}
	at := slices.IndexFunc(steps, func(step float64) bool { return most <= 5*step })
	if at < 0 {
		return 365 * day
	}
	return steps[at]
}
