package chart

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// palettes reads palette.css: the light and the dark colours by name.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	content, err := fs.ReadFile(Assets(), "palette.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(content), "prefers-color-scheme: dark")
	if !found {
		t.Fatal("palette.css has no dark colours")
	}
	both := map[string]map[string]string{"light": {}, "dark": {}}
	for name, text := range map[string]string{"light": light, "dark": dark} {
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			both[name][m[1]] = m[2]
		}
	}
	if len(both["light"]) != len(both["dark"]) || len(both["light"]) < 30 {
		t.Fatalf("%d light colours, %d dark ones", len(both["light"]), len(both["dark"]))
	}
	return both
}

// linear is a colour as linear sRGB, 0 to 1.
func linear(t *testing.T, hex string) [3]float64 {
	t.Helper()
	var rgb [3]float64
	for i := range rgb {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			rgb[i] = c / 12.92
		} else {
			rgb[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return rgb
}

// contrast is WCAG 2's ratio, 1 to 21.
func contrast(t *testing.T, one, other string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		c := linear(t, hex)
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	}
	a, b := luminance(one), luminance(other)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func TestTextStandsOut(t *testing.T) {
	t.Parallel()
	for scheme, colors := range palettes(t) {
		expect := func(front, behind string, least float64) {
			if got := contrast(t, colors[front], colors[behind]); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %.1f", scheme, front, behind, got, least)
			}
		}
		for _, text := range []string{"ink", "ink-soft", "link"} {
			for _, behind := range []string{"page", "panel", "wash", "mark"} {
				expect(text, behind, 4.5)
			}
		}
		expect("panel", "ink", 4.5) // a switch that is chosen
		expect("rule-strong", "panel", 3)
		for i := range HeatSteps {
			expect(fmt.Sprintf("heat-ink-%d", i), fmt.Sprintf("heat-%d", i), 4.5)
		}
		for i := range 6 {
			expect(fmt.Sprintf("series-%d", i+1), "panel", 3)
		}
	}
}

// deficiencies are the matrices of Machado, Oliveira and Fernandes (2009) for
// people who lack one kind of cone, on linear sRGB.
var deficiencies = map[string][3][3]float64{
	"full sight":   {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// oklab is a colour's place in Björn Ottosson's Oklab, in which distances are
// as large as they look.
func oklab(rgb [3]float64) [3]float64 {
	r, g, b := min(max(rgb[0], 0), 1), min(max(rgb[1], 0), 1), min(max(rgb[2], 0), 1)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func apart(t *testing.T, one, other string, sight [3][3]float64) float64 {
	t.Helper()
	seen := func(hex string) [3]float64 {
		c := linear(t, hex)
		var out [3]float64
		for i, row := range sight {
			out[i] = row[0]*c[0] + row[1]*c[1] + row[2]*c[2]
		}
		return oklab(out)
	}
	a, b := seen(one), seen(other)
	return math.Sqrt(math.Pow(a[0]-b[0], 2) + math.Pow(a[1]-b[1], 2) + math.Pow(a[2]-b[2], 2))
}

// Two colours a tenth of Oklab apart are told apart at a glance.
func TestColoursStayApart(t *testing.T) {
	t.Parallel()
	const least = 0.1
	for scheme, colors := range palettes(t) {
		for sight, matrix := range deficiencies {
			for _, group := range []string{"series", "speed"} {
				var names []string
				for name := range colors {
					if strings.HasPrefix(name, group+"-") {
						names = append(names, name)
					}
				}
				slices.Sort(names)
				for i, one := range names {
					for _, other := range names[i+1:] {
						if got := apart(t, colors[one], colors[other], matrix); got < least {
							t.Errorf("%s, %s: %s and %s are only %.3f apart", scheme, sight, one, other, got)
						}
					}
				}
			}
		}
	}
}

// Every colour that Go names is defined.
func TestNamedColoursExist(t *testing.T) {
	t.Parallel()
	for scheme, colors := range palettes(t) {
		for _, c := range append([]Color{Blue, Brown, Teal, Plum, Gold, Indigo}, Speeds...) {
			if colors[string(c)] == "" {
				t.Errorf("%s: there is no colour %s", scheme, c)
			}
		}
	}
}
