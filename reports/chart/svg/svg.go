// Package svg draws a chart's option as an SVG without a browser: ECharts' own
// script, in a JavaScript engine in Go, draws it as it would be drawn on a
// screen. It does not know what a chart shows or where the picture goes.
package svg

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"

	"parley/reports/chart"
)

const (
	remembered = 512              // pictures, of some 10 KB each
	patience   = 30 * time.Second // for one picture: the largest takes a tenth of a second
)

// Draw draws an option (chart.Drawing.Option) as an SVG element of that width
// and height in pixels, ready to stand in an HTML page. Colours are those of
// palette.css by name, as in fill="var(--series-1)", so that it follows the
// page's scheme and turns light on paper; there is no style, script or link in
// it, and text is text. The same option gives the same bytes.
//
// The script is compiled once in a process (0.3 s), and the last pictures are
// kept: the same option again costs nothing. It may be called at once by several.
func Draw(option json.RawMessage, width, height float64) (string, error) {
	hash := sha256.Sum256(fmt.Appendf(nil, "%v %v %s", width, height, option))
	return theEngine.draw(hex.EncodeToString(hash[:]), option, width, height)
}

var theEngine engine

// engine is a JavaScript engine with ECharts in it; it is made at the first picture.
type engine struct {
	mu      sync.Mutex
	runtime *goja.Runtime
	paint   goja.Callable
	err     error // making it failed
	colors  *sentinels
	kept    map[string]*list.Element
	order   list.List // of picture, the latest used first
}

type picture struct{ name, svg string }

// What ECharts wants of a browser, and one picture. Timers would serve
// animation; a picture stands still.
const glue = `
var self = this;
function setTimeout() { return 0; }
function clearTimeout() {}
`

// Without a screen there is no font to measure: a letter is taken to be as wide
// as in the widest of the usual sans-serif fonts (DejaVu Sans, in ems), so that
// labels have room rather than lose their first letters.
const paintScript = `(function () {
  var narrow = { i: 0.28, j: 0.28, l: 0.28, t: 0.4, f: 0.36, r: 0.42, ' ': 0.32, '.': 0.32, ',': 0.32, ':': 0.34, m: 0.98, w: 0.82, M: 0.87, W: 0.99, '%': 0.95 };
  echarts.setPlatformAPI({ measureText: function (text, font) {
    var size = parseFloat((/(\d+(\.\d+)?)px/.exec(font || '') || [0, 12])[1]), ems = 0;
    for (var i = 0; i < text.length; i++) {
      var c = text.charAt(i), code = text.charCodeAt(i);
      ems += narrow[c] || (code > 0x2e7f ? 1 : c >= 'A' && c <= 'Z' ? 0.72 : 0.64);
    }
    return { width: ems * size * (/bold|[6-9]00/.test(font || '') ? 1.1 : 1) };
  } });
})();
(function (text, width, height, color) {
  var option = parleyOption.prepare(JSON.parse(text), width, { color: color, font: 'sans-serif' });
  option.tooltip.show = false;
  var chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: width, height: height });
  chart.setOption(option);
  var svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
})`

func (e *engine) draw(name string, option json.RawMessage, width, height float64) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, ok := e.kept[name]; ok {
		e.order.MoveToFront(at)
		return at.Value.(picture).svg, nil
	}
	if e.runtime == nil && e.err == nil {
		e.err = e.start()
	}
	if e.err != nil {
		return "", e.err
	}
	late := time.AfterFunc(patience, func() { e.runtime.Interrupt("it took longer than " + patience.String()) })
	drawn, err := e.paint(goja.Undefined(), e.runtime.ToValue(string(option)), e.runtime.ToValue(width), e.runtime.ToValue(height), e.runtime.ToValue(e.colors.of))
	late.Stop()
	e.runtime.ClearInterrupt()
	if err != nil {
		return "", fmt.Errorf("draw a chart as SVG: %w", err)
	}
	svg, err := rewrite(e.colors.names(drawn.String()), "s"+name[:10])
	if err != nil {
		return "", fmt.Errorf("draw a chart as SVG: %w", err)
	}
	e.keep(picture{name, svg})
	return svg, nil
}

func (e *engine) keep(p picture) {
	e.kept[p.name] = e.order.PushFront(p)
	if e.order.Len() > remembered {
		last := e.order.Back()
		delete(e.kept, last.Value.(picture).name)
		e.order.Remove(last)
	}
}

func (e *engine) start() error {
	runtime := goja.New()
	scripts := [][2]string{{"glue", glue}}
	for _, name := range []string{"echarts.min.js", "option.js"} {
		content, err := fs.ReadFile(chart.Assets(), name)
		if err != nil {
			return err
		}
		scripts = append(scripts, [2]string{name, string(content)})
	}
	for _, script := range scripts {
		if _, err := runtime.RunScript(script[0], script[1]); err != nil {
			return fmt.Errorf("start to draw charts as SVG: %s: %w", script[0], err)
		}
	}
	function, err := runtime.RunString(paintScript)
	if err != nil {
		return fmt.Errorf("start to draw charts as SVG: %w", err)
	}
	paint, ok := goja.AssertFunction(function)
	if !ok {
		return fmt.Errorf("start to draw charts as SVG: no function is made")
	}
	e.runtime, e.paint, e.colors, e.kept = runtime, paint, newSentinels(), map[string]*list.Element{}
	return nil
}

// sentinels stand for the palette's colours while ECharts draws: it computes
// with colours, and cannot with a name. They are colours that nothing else has.
type sentinels struct {
	number map[string]int // by the variable's name
	byRGB  map[string]string
}

func newSentinels() *sentinels { return &sentinels{map[string]int{}, map[string]string{}} }

// of is the colour that stands for a variable, as "--series-1".
func (s *sentinels) of(variable string) string {
	n, known := s.number[variable]
	if !known {
		n = len(s.number) + 1
		s.number[variable] = n
		s.byRGB[fmt.Sprintf("3,%d,5", n)] = "var(" + variable + ")"
	}
	return fmt.Sprintf("#03%02x05", n)
}

var (
	hexColor = regexp.MustCompile(`"#03([0-9a-f]{2})05"`)
	rgbColor = regexp.MustCompile(`"rgba?\((3,\d+,5)(,1)?\)"`)
)

// names puts the variables back where their sentinels stand.
func (s *sentinels) names(svg string) string {
	put := func(rgb, otherwise string) string {
		if name, ok := s.byRGB[rgb]; ok {
			return `"` + name + `"`
		}
		return otherwise
	}
	svg = hexColor.ReplaceAllStringFunc(svg, func(found string) string {
		n, _ := strconv.ParseUint(found[4:6], 16, 8) // the expression takes hex digits alone
		return put(fmt.Sprintf("3,%d,5", n), found)
	})
	return rgbColor.ReplaceAllStringFunc(svg, func(found string) string {
		return put(rgbColor.FindStringSubmatch(found)[1], strings.Clone(found))
	})
}
