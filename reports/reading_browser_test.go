package reports

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// fitsAPhone holds that nothing has to be pushed sideways to be read, but for what
// lies in a box that scrolls by itself.
func fitsAPhone(t *testing.T, b context.Context, address string, plain bool) {
	t.Helper()
	v := open(t, b, screen{scheme: "dark", width: 390, plain: plain}, address)
	if plain {
		call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	}
	wide := eval[[]string](t, v, `document.documentElement.scrollWidth <= 390 ? [] : Array.from(document.querySelectorAll('body *'))
		.filter(e => e.getBoundingClientRect().right > 391).map(e => Math.round(e.getBoundingClientRect().right) + ' ' + e.outerHTML.slice(0, 90)).slice(0, 4)`)
	if len(wide) > 0 {
		t.Errorf("wider than a screen of 390 pixels: %q", wide)
	}
}

// textIsReadable holds all text to the contrast that WCAG 2.2 asks for at level AA
// (1.4.3): 4.5 to 1, and 3 to 1 where letters are large.
func textIsReadable(t *testing.T, b context.Context, address, scheme string) {
	t.Helper()
	v := open(t, b, screen{scheme: scheme, width: 1280}, address)
	faint := eval[[]string](t, v, `(() => {
		const parse = c => { const n = (c.match(/[\d.]+/g) || []).map(Number); return n.length < 3 ? null : {r: n[0], g: n[1], b: n[2], a: n.length > 3 ? n[3] : 1}; };
		const over = (top, under) => ({r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1});
		const light = c => { const f = x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; return 0.2126 * f(c.r) + 0.7152 * f(c.g) + 0.0722 * f(c.b); };
		const behind = e => {
			const layers = [];
			for (; e; e = e.parentElement) {
				const c = parse(getComputedStyle(e).backgroundColor);
				if (c && c.a > 0) { layers.push(c); if (c.a === 1) break; }
			}
			return layers.reverse().reduce((under, c) => over(c, under), {r: 255, g: 255, b: 255, a: 1});
		};
		const faint = [];
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		let seen = 0;
		while (walk.nextNode()) {
			const e = walk.currentNode.parentElement;
			if (!walk.currentNode.textContent.trim() || !e.getClientRects().length || e.closest('script, style, .hidden')) continue;
			seen++;
			const style = getComputedStyle(e);
			const ground = behind(e);
			const ink = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
			if (!ink) continue;
			const [a, b] = [light(over(ink, ground)), light(ground)];
			const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			const size = parseFloat(style.fontSize);
			const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
			if (ratio < (large ? 3 : 4.5)) faint.push(ratio.toFixed(2) + ' ' + e.outerHTML.slice(0, 100));
		}
		if (seen < 20) faint.push('only ' + seen + ' texts were seen');
		return faint.slice(0, 8);
	})()`)
	for _, what := range faint {
		t.Errorf("too little contrast: %s", what)
	}
}
