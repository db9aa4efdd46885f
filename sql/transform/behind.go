package transform

import (
	"slices"
	"strings"
)

// model is the graph's model of that name; nil: there is none.
func (g *Graph) model(name string) *Model {
	i := slices.IndexFunc(g.Models, func(m *Model) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return g.Models[i]
}

// behind are the tables whose rows a model's rows are made of, inputs and
// models that are kept as files, and the views through which it reads them.
// Both are sorted by their names.
func (g *Graph) behind(m *Model) (bases []string, views []*Model) {
	seen := map[string]bool{}
	var walk func(m *Model)
	walk = func(m *Model) {
		for _, name := range m.Reads {
			if seen[name] {
				continue
			}
			seen[name] = true
			if read := g.model(name); read != nil && read.Layer == Staging {
				views = append(views, read)
				walk(read)
				continue
			}
			bases = append(bases, name)
		}
	}
	walk(m)
	slices.Sort(bases)
	slices.SortFunc(views, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	return bases, views
}
