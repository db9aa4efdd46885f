package transform

import (
	"slices"
	"strings"
)

// order gives the models that have no fault, each after what it reads; models
// that could run at once are in the order of their names. A cycle is a fault of
// the model at which it is met first, told as its path.
func (l *loader) order() []*Model {
	for _, path := range l.cycles() {
		m := l.byName[path[0]]
		line := firstLineNaming(m.SQL, path[1])
		l.fault(m, line, 0, "the models read each other in a circle: %s; take one of these reads out", strings.Join(path, " → "))
		for _, name := range path {
			l.broken[name] = true
		}
	}
	var ordered []*Model
	placed := map[string]bool{}
	for _, in := range l.from.Inputs {
		placed[in] = true
	}
	usable := slices.DeleteFunc(slices.Clone(l.all), func(m *Model) bool { return l.broken[m.Name] })
	slices.SortFunc(usable, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	var waiting []*Model
	// The workspace's come last, so that all of ours is there when they run.
	for _, own := range []bool{false, true} {
		left := slices.DeleteFunc(slices.Clone(usable), func(m *Model) bool { return m.Own != own })
		for progress := true; progress; {
			progress = false
			left = slices.DeleteFunc(left, func(m *Model) bool {
				for _, r := range l.after(m) {
					if !placed[r] {
						return false
					}
				}
				placed[m.Name] = true
				ordered = append(ordered, m)
				progress = true
				return true
			})
		}
		waiting = append(waiting, left...)
	}
	// What still waits hangs below a model with a fault.
	for _, m := range waiting {
		for _, r := range l.after(m) {
			if !placed[r] {
				l.fault(m, firstLineNaming(m.SQL, r), 0, "it reads %s, which cannot run; correct %s first", r, r)
				break
			}
		}
	}
	return ordered
}

// cycles finds every circle of reads once, each from its first name in the alphabet.
func (l *loader) cycles() [][]string {
	const (
		unseen = iota
		onPath
		done
	)
	state := map[string]int{}
	var path []string
	var found [][]string
	var visit func(name string)
	visit = func(name string) {
		m := l.byName[name]
		if m == nil || state[name] == done {
			return
		}
		if state[name] == onPath {
			circle := slices.Clone(path[slices.Index(path, name):])
			first := slices.Index(circle, slices.Min(circle))
			circle = append(circle[first:], circle[:first]...)
			found = append(found, append(circle, circle[0]))
			return
		}
		state[name] = onPath
		path = append(path, name)
		for _, r := range l.after(m) {
			visit(r)
		}
		path = path[:len(path)-1]
		state[name] = done
	}
	names := make([]string, 0, len(l.all))
	for _, m := range l.all {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	for _, name := range names {
		visit(name)
	}
	return found
}

// firstLineNaming is the first line after the header that holds name as a word, or 1.
func firstLineNaming(text, name string) int {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		})
		if slices.Contains(words, name) {
			return i + 1
		}
	}
	return 1
}

// after names what must be there before m runs: what it reads, what its touches
// read and, for a workspace's model, what its checks relate it to. Ours may relate to each
// other in circles; those checks wait for the end.
func (l *loader) after(m *Model) []string {
	names := append(slices.Clip(m.Reads), m.touchReads...)
	for _, c := range m.Header.Checks {
		if m.Own && c.Rule == Relation && c.Table != m.Name {
			names = append(slices.Clip(names), c.Table)
		}
	}
	return names
}
