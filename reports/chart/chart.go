// Package chart draws numbers in the house style: it turns series into ECharts
// options by go-echarts, and holds the palette and the script with which a
// browser draws them. It does not know marts, pages or what a number means.
//
// An option is plain JSON. A colour in it is the name of one in palette.css,
// as in "var(--series-1)", and a formatter is the name of one in draw.js, as in
// "@count", so that the same option serves light, dark and paper, and
// needs no script inside the page.
package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Color is a colour of the palette, by its role.
type Color string

// The colours of series, told apart also by people who see fewer colours.
const (
	Blue   Color = "series-1"
	Brown  Color = "series-2"
	Teal   Color = "series-3"
	Plum   Color = "series-4"
	Gold   Color = "series-5"
	Indigo Color = "series-6"
)

// Speeds run from the fastest to the slowest, and then to never.
var Speeds = []Color{"speed-1", "speed-2", "speed-3", "speed-4", "speed-5", "speed-6"}

// HeatSteps is how many colours the heat map's scale has, heat-0 (nothing) to
// heat-7 (the most).
const HeatSteps = 8

// Series is a row of numbers, one for each label of its chart. NaN stands where
// there is no number.
type Series struct {
	Name   string
	Values []float64
	Color  Color
}

// Format says how numbers are written on axes and in tooltips.
type Format struct {
	kind, unit string
}

// The formats: whole numbers; numbers with two decimals, three below one; seconds as in
// "23 min"; shares of 1 as per cent.
var (
	Count    = Format{kind: "count"}
	Ratio    = Format{kind: "ratio"}
	Duration = Format{kind: "duration"}
	Percent  = Format{kind: "percent"}
)

// Money is an amount in major units of a currency, as in "EUR".
func Money(currency string) Format { return Format{kind: "money", unit: currency} }

// formatter is the name under which draw.js knows the format.
func (f Format) formatter() types.FuncStr {
	name := "@" + f.kind
	if f.unit != "" {
		name += ":" + f.unit
	}
	return types.FuncStr(name)
}

func (f Format) tooltip() charts.SeriesOpts {
	return charts.WithSeriesTooltipOpts(opts.SeriesTooltip{ValueFormatter: f.formatter()})
}

// What draw.js writes into a tooltip: the series at one place of the axis, or
// one cell of a heat map, each number in its series' format.
const (
	axisTooltip = "@axis"
	cellTooltip = "@cell"
)

// Key is one line of a chart's legend.
type Key struct {
	Name  string
	Color Color
	Shape Shape
}

// Shape is how a series looks in its chart.
type Shape string

// The shapes: a filled bar, an outlined or faded one (a period that is not
// over), a line, an upright dashed line (something that happened), a line of
// steps (Stairs), a step of a scale.
const (
	Filled   Shape = "filled"
	Outlined Shape = "outlined"
	Faded    Shape = "faded"
	Line     Shape = "line"
	Upright  Shape = "upright"
	Stairs   Shape = "stairs"
	Step     Shape = "step"
)

// Drawing is a chart, ready for a page.
type Drawing struct {
	// Option is ECharts' option as JSON, without "<", ">" and "&", so that it
	// can stand in a script element.
	Option json.RawMessage
	Legend []Key
	// Height is what the chart needs, in rem.
	Height float64
	// Turns: on a narrow screen the chart's axes change places.
	Turns bool
}

const (
	ink   = "var(--ink-soft)"
	rule  = "var(--rule)"
	panel = "var(--panel)"
)

func (c Color) token() string { return "var(--" + string(c) + ")" }

// check refuses a series whose numbers do not stand one to a label: ECharts
// would draw it shifted without a word.
func check(labels int, all []Series) error {
	for _, s := range all {
		if len(s.Values) != labels {
			return fmt.Errorf("draw %q: %d numbers for %d labels", s.Name, len(s.Values), labels)
		}
	}
	return nil
}

// number is a value of an option: nil where there is none.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

func base(tooltip opts.Tooltip) []charts.GlobalOpts {
	tooltip.Show = opts.Bool(true)
	tooltip.BackgroundColor, tooltip.BorderColor = panel, rule
	return []charts.GlobalOpts{
		charts.WithAnimation(false),
		charts.WithTooltipOpts(tooltip),
		// The legend is a list in the page: it wraps, prints and is read aloud.
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithColorsOpts(opts.Colors{Blue.token(), Brown.token(), Teal.token(), Plum.token(), Gold.token(), Indigo.token()}),
	}
}

func label(formatter types.FuncStr) *opts.AxisLabel {
	return &opts.AxisLabel{Color: ink, FontSize: 12, Formatter: formatter, HideOverlap: opts.Bool(true)}
}

func ruleLine() *opts.LineStyle { return &opts.LineStyle{Color: rule, Width: 1} }

func names(labels []string, index int, fallback string) string {
	if index < len(labels) {
		return labels[index]
	}
	return fallback
}

func encode(option map[string]any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(option); err != nil {
		return nil, fmt.Errorf("write a chart's option: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
