package svg

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"testing"

	"parley/reports/chart"
)

func draw(t *testing.T, d interface{ Draw() (chart.Drawing, error) }) string {
	t.Helper()
	drawing, err := d.Draw()
	if err != nil {
		t.Fatal(err)
	}
	svg, err := Draw(drawing.Option, 1000, drawing.Height*16)
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

// week is a heat map of a week.
func week() chart.HeatMap {
	h := chart.HeatMap{Name: "contacts", Format: chart.Ratio}
	for x := range 24 {
		h.Columns = append(h.Columns, fmt.Sprintf("%02d", x))
	}
	for y := range 7 {
		h.Rows = append(h.Rows, fmt.Sprint("day ", y))
		values, titles := make([]float64, 24), make([]string, 24)
		for x := range values {
			values[x] = float64(x * y)
		}
		h.Values, h.Titles = append(h.Values, values), append(h.Titles, titles)
	}
	return h
}

// Bars are as high as their numbers, in the palette's colours by name.
func TestColumns(t *testing.T) {
	t.Parallel()
	svg := draw(t, chart.Columns{
		Labels: []string{"1 Jun", "8 Jun", "15 Jun"}, Format: chart.Count, Unfinished: "week that is not over",
		Series: []chart.Series{{Name: "Contacts", Color: chart.Blue, Values: []float64{1200, 600, 300}}},
	})
	for _, want := range []string{"<svg ", `viewBox="0 0 1000 320"`, ">1 Jun</text>", ">1,200</text>", `fill="var(--series-1)"`, `stroke="var(--rule)"`, `fill="var(--ink-soft)"`, `fill="var(--panel)" stroke="var(--series-1)"`, `aria-hidden="true"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %s:\n%s", want, svg)
		}
	}
	if got := strings.Count(svg, `fill="var(--series-1)"`); got != 2 {
		t.Errorf("%d filled bars, want the two of weeks that are over", got)
	}
	for _, not := range []string{"style", "class=", "ecmeta", "#03", "rgb(3,", "xlink"} {
		if strings.Contains(svg, not) {
			t.Errorf("the picture holds %q", not)
		}
	}
}

// Each cell has the colour of its step: 0, and seven steps up to the most.
func TestHeatMap(t *testing.T) {
	t.Parallel()
	h := week()
	svg := draw(t, h)
	steps := map[int]int{}
	for _, row := range h.Values {
		for _, v := range row {
			steps[h.Step(v)]++
		}
	}
	for step, want := range steps {
		if got := strings.Count(svg, fmt.Sprintf(`fill="var(--heat-%d)"`, step)); got != want {
			t.Errorf("%d cells of step %d, want %d", got, step, want)
		}
	}
	// A cell without a number is none, and no black one.
	h.Values[3][4] = math.NaN()
	if svg := draw(t, h); strings.Count(svg, "var(--heat-") != 7*24-1 || strings.Contains(svg, "rgb(0,0,0)") {
		t.Errorf("with a number missing %d cells are drawn", strings.Count(svg, "var(--heat-"))
	}
}

func TestSameOptionSameBytes(t *testing.T) {
	t.Parallel()
	one := chart.Panels{Labels: []string{"a", "b"}, Panels: []chart.Panel{{Shape: chart.Line, Format: chart.Count, Series: chart.Series{Name: "n", Color: chart.Teal, Values: []float64{1, 2}}}}}
	first := draw(t, one)
	var other engine
	drawing, _ := one.Draw()
	if _, err := other.draw("0123456789 other", []byte(`{"series":[{"type":"line","data":[1]}],"xAxis":[{"type":"category"}],"yAxis":[{}],"tooltip":{}}`), 100, 100); err != nil {
		t.Fatal(err)
	}
	var name string
	for kept := range theEngine.kept {
		if theEngine.kept[kept].Value.(picture).svg == first {
			name = kept
		}
	}
	again, err := other.draw(name, drawing.Option, 1000, drawing.Height*16)
	if err != nil || again != first {
		t.Errorf("another engine, which has drawn something before, gives other bytes (%v):\n%s\n%s", err, first, again)
	}
}

// What people wrote is text in the picture too, and all of it is read again.
func TestNamesStayText(t *testing.T) {
	t.Parallel()
	hostile := `</svg><script>alert("x")</script>'"&{a|b}` + "\u202e" + `var(--ink)`
	svg := draw(t, chart.Bars{Names: []string{hostile, "#030105"}, Format: chart.Count, Series: []chart.Series{{Name: hostile, Color: chart.Blue, Values: []float64{4, 1}}}})
	decoder := xml.NewDecoder(strings.NewReader(svg))
	var texts []string
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !elements[token.Name.Local] {
				t.Errorf("there is an element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if !attributes[a.Name.Local] && a.Name.Local != "aria-hidden" && a.Name.Local != "focusable" {
					t.Errorf("there is an attribute %s", a.Name.Local)
				}
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
	if all := strings.Join(texts, "\n"); !strings.Contains(all, `</svg><script>alert(`) || !strings.Contains(all, "#030105") {
		t.Errorf("the names are written as %q", texts)
	}
}

func TestWhatIsNoOptionIsAnError(t *testing.T) {
	t.Parallel()
	if svg, err := Draw([]byte(`{"series":`), 100, 100); err == nil || !strings.Contains(err.Error(), "draw a chart as SVG") {
		t.Errorf("half an option gives %q, %v", svg, err)
	}
	draw(t, week()) // and the next one is drawn all the same
}

func TestOldPicturesAreForgotten(t *testing.T) {
	t.Parallel()
	e := engine{}
	if err := e.start(); err != nil {
		t.Fatal(err)
	}
	for i := range remembered + 10 {
		e.keep(picture{name: fmt.Sprint(i)})
	}
	if len(e.kept) != remembered || e.order.Len() != remembered || e.kept["9"] != nil || e.kept["10"] == nil {
		t.Errorf("%d pictures are kept", len(e.kept))
	}
}

// The first picture of a process (with the script compiled), a new one, and one
// that was drawn before.
func BenchmarkDraw(b *testing.B) {
	drawing, err := week().Draw()
	if err != nil {
		b.Fatal(err)
	}
	height := drawing.Height * 16
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			if err := new(engine).start(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := Draw(drawing.Option, 1000+float64(i)/1000, height); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			if _, err := Draw(drawing.Option, 1000, height); err != nil {
				b.Fatal(err)
			}
		}
	})
}
