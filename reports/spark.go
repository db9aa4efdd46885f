package reports

import (
	"fmt"
	"math"
	"strings"
)

// spark is a small line of numbers, for the eye alone: the same numbers stand on
// the page that the card leads to.
type spark struct {
	Path       string // of an SVG path, in a box of 120 by 32
	EndX, EndY string // the last point
}

const sparkWidth, sparkHeight, sparkMargin = 120.0, 32.0, 3.0

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
	s := &spark{}
	var b strings.Builder
	move := true
	for i, v := range values {
		if math.IsNaN(v) {
			move = true
			continue
		}
		x := sparkMargin + (sparkWidth-2*sparkMargin)*float64(i)/float64(len(values)-1)
		y := sparkHeight - sparkMargin - (sparkHeight-2*sparkMargin)*v/most
		letter := "L"
		if move {
			letter = "M"
		}
		move = false
		s.EndX, s.EndY = fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", y)
		b.WriteString(letter + s.EndX + " " + s.EndY)
	}
	s.Path = b.String()
	return s
}
