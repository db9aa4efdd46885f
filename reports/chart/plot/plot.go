// Package plot draws small charts as PNG, for mail programs, which run no script
// and show no SVG. It does not know what a chart shows or where the picture goes.
package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Chart is one number for each of some periods, the oldest first.
type Chart struct {
	Labels  []string  // of the periods
	Values  []float64 // NaN: none is known
	Partial []bool    // the period is not over; nil: all are
	Line    bool      // a line; else a column for each period
	Write   func(float64) string
}

const (
	width  = 560 // points; mail programs show some 600 pixels
	height = 190
)

var (
	ink   = color.RGBA{0x1b, 0x1f, 0x26, 0xff}
	blue  = color.RGBA{0x2a, 0x6b, 0xb0, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	rule  = color.RGBA{0xd9, 0xd9, 0xd4, 0xff}
)

// PNG draws the chart, 560 × 190 points at 96 dots an inch, on white: mail
// programs that are dark leave pictures as they are.
func (c Chart) PNG() ([]byte, error) {
	if len(c.Labels) != len(c.Values) || c.Partial != nil && len(c.Partial) != len(c.Values) {
		return nil, fmt.Errorf("draw a chart: %d labels for %d values", len(c.Labels), len(c.Values))
	}
	p := plot.New()
	p.BackgroundColor = white
	p.Y.Min = 0
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, rule
	p.Add(grid)
	if err := c.add(p); err != nil {
		return nil, err
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(c.periods()), ticks{c.Write}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font.Variant = "Sans"
		axis.LineStyle.Color, axis.Tick.Label.Color, axis.Tick.LineStyle.Color = rule, ink, rule
	}
	p.Y.LineStyle.Width = 0
	p.X.Min, p.X.Max = -0.6, float64(len(c.Values))-0.4
	p.Y.Max *= 1.06 // the highest does not touch the edge
	if p.Y.Max <= 0 {
		p.Y.Max = 1
	}
	drawn, err := p.WriterTo(vg.Length(width), vg.Length(height), "png")
	if err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	var b bytes.Buffer
	_, err = drawn.WriteTo(&b)
	return b.Bytes(), err
}

func (c Chart) add(p *plot.Plot) error {
	if c.Line {
		return c.addLine(p)
	}
	room := vg.Length(width-60) / vg.Length(max(len(c.Values), 1))
	for i, v := range c.Values {
		if math.IsNaN(v) {
			continue
		}
		bar, err := plotter.NewBarChart(plotter.Values{v}, room*0.7)
		if err != nil {
			return err
		}
		bar.XMin, bar.Color, bar.LineStyle.Color, bar.LineStyle.Width = float64(i), blue, blue, vg.Points(1.2)
		if c.partial(i) {
			bar.Color = white
		}
		p.Add(bar)
	}
	return nil
}

// addLine draws stretches of known values, and points for periods that are not over.
func (c Chart) addLine(p *plot.Plot) error {
	var stretch plotter.XYs
	end := func() error {
		if len(stretch) == 0 {
			return nil
		}
		line, points, err := plotter.NewLinePoints(stretch)
		if err != nil {
			return err
		}
		line.Color, line.Width, points.Color, points.Radius = blue, vg.Points(1.8), blue, vg.Points(2)
		p.Add(line, points)
		stretch = nil
		return nil
	}
	for i, v := range c.Values {
		at := plotter.XY{X: float64(i), Y: v}
		switch {
		case math.IsNaN(v):
			if err := end(); err != nil {
				return err
			}
		case c.partial(i):
			if err := end(); err != nil {
				return err
			}
			point, err := plotter.NewScatter(plotter.XYs{at})
			if err != nil {
				return err
			}
			point.Color, point.Radius = blue, vg.Points(3)
			p.Add(point)
		default:
			stretch = append(stretch, at)
		}
	}
	return end()
}

func (c Chart) partial(i int) bool { return c.Partial != nil && c.Partial[i] }

// periods label every so many periods, so that no two labels touch.
func (c Chart) periods() []plot.Tick {
	every := (len(c.Labels) + 8) / 9
	list := make([]plot.Tick, len(c.Labels))
	for i, label := range c.Labels {
		list[i].Value = float64(i)
		if i%max(every, 1) == 0 {
			list[i].Label = label
		}
	}
	return list
}

// ticks are the usual ones, written in the chart's own way.
type ticks struct{ write func(float64) string }

// Ticks gives those between two values.
func (t ticks) Ticks(low, high float64) []plot.Tick {
	list := plot.DefaultTicks{}.Ticks(low, high)
	for i := range list {
		if list[i].Label != "" && t.write != nil {
			list[i].Label = t.write(list[i].Value)
		}
	}
	return list
}
