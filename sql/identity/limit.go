package identity

// stop finds the keys that were seen with too many others, and takes all that
// are known to be such out of the combinations that they are in.
func (e *Evidence) stop() {
	e.findStopped()
	if !e.beside {
		for p, n := range e.countLinks() {
			if n > mostLinks(p.kind) {
				e.stopped[p] = true
			}
		}
	}
	if len(e.stopped) == 0 {
		return
	}
	for kind := range kinds {
		for i, number := range e.links[kind] {
			if number != 0 && e.stopped[place{kind, number}] {
				e.links[kind][i] = 0
			}
		}
	}
	e.dropSingle(0)
}

// findStopped finds those that are known to have too many links.
func (e *Evidence) findStopped() {
	for _, key := range e.stops {
		if p := e.known(key); p.number != 0 {
			e.stopped[p] = true
		}
	}
}

func mostLinks(kind int) int {
	if kind == userIDs {
		return MostLinksOfUser
	}
	return MostLinks
}

// countLinks counts with how many others each key was seen, of those that were
// named often enough to have been seen with too many.
func (e *Evidence) countLinks() map[place]int {
	often := map[place]*linkCount{}
	for kind, table := range e.keys {
		for i, spot := range table.spots {
			// One combination links it with three others at most.
			if int(spot.named) > mostLinks(kind)/(len(kinds)-1) {
				often[place{kind, uint32(i + 1)}] = &linkCount{}
			}
		}
	}
	if len(often) == 0 {
		return nil
	}
	for i := range e.days {
		for kind := range kinds {
			if e.links[kind][i] == 0 || int(e.keys[kind].spots[e.links[kind][i]-1].named) <= mostLinks(kind)/(len(kinds)-1) {
				continue
			}
			count := often[place{kind, e.links[kind][i]}]
			for other := range kinds {
				if other != kind {
					count.add(other, e.links[other][i])
				}
			}
		}
	}
	counts := make(map[place]int, len(often))
	for p, count := range often {
		counts[p] = len(count.others)
	}
	return counts
}

// linkCount counts the keys that one was seen with.
type linkCount struct {
	last   [len(kinds)]uint32 // of each kind: mostly it is the same one again
	others map[place]struct{}
}

func (c *linkCount) add(kind int, number uint32) {
	if number == 0 || number == c.last[kind] {
		return
	}
	c.last[kind] = number
	if c.others == nil {
		c.others = map[place]struct{}{}
	}
	c.others[place{kind, number}] = struct{}{}
}
