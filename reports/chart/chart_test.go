package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is a name that would be a script, a quote, a style of rich text and a
// colour of the palette, if names were anything but text.
const hostile = `</script><script>alert("x")</script>'"&{a|b}` + "\u202e\u2028" + `var(--ink)`

type drawer interface{ Draw() (Drawing, error) }

var weeks = []string{"1 Jun", "8 Jun", "15 Jun"}

// drawings are small charts of each kind.
var drawings = map[string]drawer{
	"columns": Columns{
		Labels: weeks, Titles: []string{"Week of 1 June 2026", "Week of 8 June 2026", "Week of 15 June 2026, so far"},
		Series: []Series{{Name: "Contacts", Color: Blue, Values: []float64{12, 0, 3}}}, Format: Count, Unfinished: "week that is not over",
	},
	"stacked": Columns{
		Labels: weeks, Format: Money("EUR"), Unfinished: "month that is not over", Height: 22,
		Series: []Series{{Name: "New", Color: Blue, Values: []float64{10.5, 20, 5}}, {Name: "Churn", Color: Brown, Values: []float64{-1, math.NaN(), 0}}},
	},
	"marked": Columns{
		Labels: weeks, Format: Count, Marks: []Mark{{At: 1, Letter: "A", Name: "Search down"}, {At: 1, Letter: "B", Name: hostile}},
		Series: []Series{{Name: "Contacts", Color: Blue, Values: []float64{12, 40, 3}}},
	},
	"raised": Panels{
		Labels: weeks, Unfinished: "week that is not over", Marks: []Mark{{At: 0, Letter: "A", Name: "Launch"}},
		Panels: []Panel{{Shape: Line, Format: Ratio, Series: Series{Name: "Per user", Color: Teal, Values: []float64{0.1, 0.9, 0.2}}, Raised: []int{1}, RaisedName: "sharp rise"}},
	},
	"stairs": Panels{
		Labels: []string{"0", "7", "14"},
		Panels: []Panel{{Shape: Stairs, Format: Percent, Series: Series{Name: "Not yet in touch", Color: Blue, Values: []float64{1, 0.8, 0.75}}}},
	},
	"one-stair": Panels{
		Labels: []string{"0"}, Panels: []Panel{{Shape: Stairs, Format: Percent, Series: Series{Name: "Not yet in touch", Color: Blue, Values: []float64{0.5}}}},
	},
	"line": Panels{
		Labels: weeks,
		Panels: []Panel{{Shape: Line, Format: Ratio, Series: Series{Name: "Per user", Color: Teal, Values: []float64{0.5, math.NaN(), 0.25}}}},
	},
	"panels": Panels{
		Labels: weeks, Unfinished: "week that is not over",
		Panels: []Panel{
			{Shape: Line, Format: Duration, Series: Series{Name: "Median", Color: Blue, Values: []float64{60, 1380, 90}}},
			{Shape: Filled, Format: Count, Series: Series{Name: "Not answered", Color: Brown, Values: []float64{1, 2, 0}}},
		},
	},
	"bars": Bars{Names: []string{"power-users", hostile}, Series: []Series{{Name: "Members", Color: Blue, Values: []float64{4, 1}}}, Format: Count},
	"unfinished": Bars{
		Names: []string{"Search down", "Slow exports"}, Format: Ratio, Unfinished: []int{0}, UnfinishedName: "outage that is not over",
		Series: []Series{{Name: "as usual", Color: Blue, Values: []float64{2.5, 4}}, {Name: "more than usual", Color: Brown, Values: []float64{6.5, 0}}},
	},
	"heatmap": HeatMap{
		Name: "contacts each time", Columns: []string{"00", "01"}, Rows: []string{"Monday", "Tuesday"}, Format: Ratio, ScaleEnd: "1.50",
		Values: [][]float64{{0, 1.5}, {math.NaN(), 0.25}},
		Titles: [][]string{{"Monday 00:00–01:00", "Monday 01:00–02:00"}, {"Tuesday 00:00–01:00", "Tuesday 01:00–02:00"}},
	},
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, d := range drawings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drawing, err := d.Draw()
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(drawing, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, bytes.TrimSpace(want)) {
				t.Errorf("the option of %s is not that of %s; go test -update writes it anew. It is:\n%s", name, path, got)
			}
		})
	}
}

func TestOptionsAreSafeInAScriptElement(t *testing.T) {
	t.Parallel()
	for name, d := range drawings {
		first, err := d.Draw()
		if err != nil {
			t.Fatal(err)
		}
		second, _ := d.Draw()
		if !bytes.Equal(first.Option, second.Option) {
			t.Errorf("%s: the same chart twice gives other bytes", name)
		}
		if bytes.ContainsAny(first.Option, "<>&\u2028") {
			t.Errorf("%s: the option could end a script element", name)
		}
		for _, foreign := range []string{"http:", "https:", "__f__", "function"} {
			if bytes.Contains(first.Option, []byte(foreign)) {
				t.Errorf("%s: the option holds %q", name, foreign)
			}
		}
	}
}

func TestNumbersStandOneToALabel(t *testing.T) {
	t.Parallel()
	short := []Series{{Name: "Contacts", Values: []float64{1, 2}}}
	for name, d := range map[string]drawer{
		"columns": Columns{Labels: weeks, Series: short},
		"panels":  Panels{Labels: weeks, Panels: []Panel{{Series: short[0]}}},
		"bars":    Bars{Names: weeks, Series: short},
		"heatmap": HeatMap{Rows: []string{"Monday"}, Columns: weeks, Values: [][]float64{{1, 2}}, Titles: [][]string{weeks}},
		"rows":    HeatMap{Rows: weeks, Columns: weeks},
	} {
		if _, err := d.Draw(); err == nil || !strings.Contains(err.Error(), "draw ") {
			t.Errorf("%s: two numbers for three labels give %v", name, err)
		}
	}
}

func TestHeatSteps(t *testing.T) {
	t.Parallel()
	h := HeatMap{Values: [][]float64{{0, 7, 14, math.NaN()}}}
	// Fourteen is the most: seven steps of 2 above nothing.
	for v, want := range map[float64]int{0: 0, 0.5: 1, 1.9: 1, 2: 2, 7: 4, 13.9: 7, 14: 7} {
		if got := h.Step(v); got != want {
			t.Errorf("%v is step %d of the scale, want %d", v, got, want)
		}
	}
	if got := h.Step(math.NaN()); got != 0 {
		t.Errorf("no number is step %d", got)
	}
	if got := (HeatMap{Values: [][]float64{{0}}}).Step(0); got != 0 {
		t.Errorf("nothing of nothing is step %d", got)
	}
}

func TestTicksOfDurationsReadWell(t *testing.T) {
	t.Parallel()
	for most, want := range map[float64]float64{0: 1, 4: 1, 290: 60, 1500: 300, 5 * 3600: 3600, 22 * 3600: 8 * 3600, 40 * 86400: 14 * 86400, 4000 * 86400: 365 * 86400} {
		got := durationStep([]Series{{Values: []float64{1, most, math.NaN()}}})
		if got != want {
			t.Errorf("up to %v s: a tick every %v s, want %v", most, got, want)
		}
	}
}

// What is embedded is what its README says it is.
func TestECharts(t *testing.T) {
	t.Parallel()
	script, err := fs.ReadFile(Assets(), "echarts.min.js")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("assets/README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(script)
	if !bytes.Contains(readme, []byte(hex.EncodeToString(sum[:]))) {
		t.Errorf("echarts.min.js has the sum %x, which is not in assets/README.md", sum)
	}
	for _, name := range []string{"palette.css", "draw.js", "echarts-LICENSE.txt", "echarts-NOTICE.txt", "echarts-LICENSE-d3.txt"} {
		if content, err := fs.ReadFile(Assets(), name); err != nil || len(content) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
