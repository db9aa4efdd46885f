package reports

import (
	"fmt"
	"math"
	"strings"
)

// spark is a small line of numbers, for the eye alone: the same numbers stand on
// the page that the card leads to.
type spark struct {
	Path string // of an SVG path, in a box of 120 by 40
	Area string // the same, closed along the bottom
}

const sparkWidth, sparkHeight, sparkMargin = 120.0, 40.0, 2.0

// newSpark draws numbers from the oldest to the newest; nil where there are not
// two of them. It starts at zero, so that a small change looks small.
func newSpark(values []float64) *spark {
	most, known := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			most = max(most, v)
			known++
		}
	}
	if known < 2 || most == 0 {
		return nil
	}
	var line, area strings.Builder
	var x, y string
	drawing := false
	end := func() {
		if drawing {
			fmt.Fprintf(&area, "L%s %.0fZ", x, sparkHeight)
		}
		drawing = false
	}
	for i, v := range values {
		if math.IsNaN(v) {
			end()
			continue
		}
		x = fmt.Sprintf("%.1f", sparkWidth*float64(i)/float64(len(values)-1))
		y = fmt.Sprintf("%.1f", sparkHeight-sparkMargin-(sparkHeight-2*sparkMargin)*v/most)
		letter := "L"
		if !drawing {
			letter = "M"
			fmt.Fprintf(&area, "M%s %.0fL%s %s", x, sparkHeight, x, y)
		}
		drawing = true
		line.WriteString(letter + x + " " + y)
		area.WriteString("L" + x + " " + y)
	}
	end()
	return &spark{Path: line.String(), Area: area.String()}
}
