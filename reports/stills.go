package reports

import (
	"fmt"
	"html/template"

	"parley/reports/chart/svg"
)

// stillWidth is how wide a chart is on a desk's screen, in pixels: a still there
// is as large as the live chart that takes its place.
const stillWidth, pixelsInRem = 1022, 16

// drawStills draws each chart of a page as an SVG.
func drawStills(p *page) error {
	for i := range p.Figures {
		views := p.Figures[i].Views
		for k := range views {
			v := &views[k]
			if v.Drawing == nil {
				continue
			}
			still, err := svg.Draw(v.Drawing.Option, stillWidth, v.Drawing.Height*pixelsInRem)
			if err != nil {
				return fmt.Errorf("%s: %w", v.ID, err)
			}
			v.Still = template.HTML(still) //nolint:gosec // svg lets through elements and attributes that it knows, and text escaped
		}
	}
	return nil
}
