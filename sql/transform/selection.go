package transform

import (
	"fmt"
	"slices"
	"strings"

	"parley/pipelines/yamlfile"
)

// Select names the models that one asks for: NAME is that model, NAME+ what
// reads it too, however indirectly, +NAME what it reads, +NAME+ both. The error
// says which word names none.
func (g *Graph) Select(words []string) (map[string]bool, error) {
	chosen := map[string]bool{}
	for _, word := range words {
		name, above := strings.CutPrefix(strings.TrimSpace(word), "+")
		name, below := strings.CutSuffix(name, "+")
		m := g.model(name)
		if m == nil {
			return nil, &SelectionError{fmt.Sprintf("there is no model %q%s; write NAME, NAME+ with what reads it, +NAME with what it reads", name, yamlfile.DidYouMean(name, modelNames(g.Models)))}
		}
		chosen[name] = true
		if above {
			g.spread(m, chosen, func(m, other *Model) bool { return slices.Contains(m.Reads, other.Name) })
		}
		if below {
			g.spread(m, chosen, func(m, other *Model) bool { return slices.Contains(other.Reads, m.Name) })
		}
	}
	return chosen, nil
}

// SelectionError says that what was selected is nothing that can run.
type SelectionError struct{ Text string }

func (e *SelectionError) Error() string { return e.Text }

// spread chooses all that m leads to, step by step.
func (g *Graph) spread(m *Model, chosen map[string]bool, leads func(from, to *Model) bool) {
	seen := map[string]bool{m.Name: true}
	waiting := []*Model{m}
	for len(waiting) > 0 {
		from := waiting[0]
		waiting = waiting[1:]
		for _, to := range g.Models {
			if !seen[to.Name] && leads(from, to) {
				seen[to.Name], chosen[to.Name] = true, true
				waiting = append(waiting, to)
			}
		}
	}
}

const notSelected = "it was not selected"

// selected tells whether a model is to be brought up to date.
func (r *run) selected(m *Model) bool { return r.opts.Only == nil || r.opts.Only[m.Name] }

// stay is the way of a model that was not selected: as it was.
func (r *run) stay(m *Model) (way, error) {
	if r.former == nil {
		return way{}, &SelectionError{m.File + " cannot stay as it was, for there is no build to go on from; build without a selection first"}
	}
	if _, ok := r.former.Models[m.Name]; !ok {
		return way{}, &SelectionError{m.File + " cannot stay as it was, for the last build has no rows of it; select it too"}
	}
	r.changes[m.Name] = change{}
	return way{byReuse, notSelected}, nil
}
