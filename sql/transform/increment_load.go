package transform

import (
	"context"
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// ofTouch are the tables that only a touch can read.
var ofTouch = []string{"changed", "former", "moments"}

// resolveIncrement checks what a header says of how the model is brought up to
// date, and notes which tables its touches read: they are to be there before it.
func (l *loader) resolveIncrement(ctx context.Context, parser Parser, m *Model) error {
	i := m.Header.Increment
	if i == nil {
		return nil
	}
	if m.Layer == Staging {
		l.fault(m, i.Line, 0, "a staging model is a view, which is never brought up to date; take the line out")
		return nil
	}
	if i.Parts != "" && len(m.Header.Order) > 0 {
		l.fault(m, m.Header.Order[0].Line, 0, "rows in parts keep no order; take the line out")
	}
	known := l.known(m)
	if i.ByDate && !slices.Contains(known, i.Of) {
		l.fault(m, i.Line, 0, "unknown table %q%s", i.Of, l.suggest(m, i.Of))
	}
	for k := range i.Touched {
		touch := &i.Touched[k]
		if !slices.Contains(known, touch.Table) {
			l.fault(m, touch.Line, 0, "unknown table %q%s", touch.Table, l.suggest(m, touch.Table))
			continue
		}
		parsed, err := parser.Parse(ctx, touch.SQL)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			_, _, text := l.explain(err)
			l.fault(m, touch.Line, 0, "the touch by %s: %s", touch.Table, text)
			continue
		}
		parsed.Tables = slices.DeleteFunc(parsed.Tables, func(t warehouse.Name) bool {
			return t.Schema == "" && slices.Contains(ofTouch, strings.ToLower(t.Name))
		})
		for _, name := range l.readsAt(m, parsed, touch.Line) {
			if name != m.Name && !slices.Contains(m.Reads, name) && !slices.Contains(m.touchReads, name) {
				m.touchReads = append(m.touchReads, name)
			}
		}
	}
	return nil
}
