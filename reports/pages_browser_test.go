package reports

import (
	"net/url"
	"strings"
	"testing"
)

// TestPagesInBrowser opens every page in a real browser, from disk and under a
// strict policy, and looks for faults, foreign requests and empty charts.
func TestPagesInBrowser(t *testing.T) {
	b := browser(t)
	for name, m := range map[string]marts{"lifelike": lifelike(), "nothing yet": noRows()} {
		dir := write(t, m)
		for origin, base := range map[string]string{"from disk": fileURL(dir), "served": serveWithPolicy(t, dir)} {
			for _, r := range all {
				t.Run(name+" "+origin+" "+r.file, func(t *testing.T) {
					v := open(t, b, desk1280, base+r.file)
					v.check(t, base)
				})
			}
		}
	}
}

// check holds what is true of every page.
func (v *visit) check(t *testing.T, base string) {
	t.Helper()
	if empty := eval[[]string](t, v, emptyCharts); len(empty) > 0 {
		t.Errorf("charts that are not painted: %v", empty)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, fault := range v.faults {
		t.Error(fault)
	}
	for _, request := range v.requests {
		if at, err := url.Parse(request); err != nil || !strings.HasPrefix(request, base) && at.Scheme != "data" {
			t.Errorf("asked for %s, outside of %s", request, base)
		}
	}
	if len(v.requests) < 4 {
		t.Errorf("only %d requests were seen: %v", len(v.requests), v.requests)
	}
}

// emptyCharts are the ids of charts in sight whose canvas is of one colour.
const emptyCharts = `Array.from(document.querySelectorAll('[data-chart]')).filter(e => !e.closest('[data-later]')).filter(e => {
	const canvas = e.querySelector('canvas');
	if (!canvas || canvas.width < 100) return true;
	const data = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
	const colors = new Set(data);
	return colors.size < 4;
}).map(e => e.id)`
