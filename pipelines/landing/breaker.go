package landing

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"parley/pipelines/record"
)

// errFlooded says that too many of the last window's records could not be read.
var errFlooded = errors.New("too many records cannot be read")

const (
	// firstRest is how long a partition stands still at first; longestRest is
	// the most that this doubles to.
	firstRest   = time.Minute
	longestRest = 15 * time.Minute
)

// breaker stops a partition whose records cannot be read: a flood of them shall
// not fill the lake before somebody has looked. It judges by windows, one after
// the other. After a bad one the partition rests, and one more window is taken:
// the partition goes on when that one is good, else it rests twice as long.
type breaker struct {
	share  float64 // of a window's records that may be bad
	window int

	taken, bad int                     // of this window
	classes    map[record.Class]int    // of the bad ones
	examples   map[record.Class]string // the first reason of each class: most reasons quote their record
	rest       time.Duration           // after the last window; 0: it was good
}

// left is how many records this window still takes.
func (b *breaker) left() int { return b.window - b.taken }

// refuse notes that one of the window's records could not be read.
func (b *breaker) refuse(class record.Class, reason string) {
	b.bad++
	if b.classes == nil {
		b.classes, b.examples = map[record.Class]int{}, map[record.Class]string{}
	}
	if b.classes[class]++; b.classes[class] == 1 {
		b.examples[class] = reason
	}
}

// verdict is what a window that has ended says.
type verdict struct {
	flooded bool
	share   float64      // of its records that were bad
	class   record.Class // the commonest
	example string       // a reason of this class
}

// take notes that records were taken, and judges the window if they end it.
func (b *breaker) take(records int) (verdict, bool) {
	if b.taken += records; b.left() > 0 {
		return verdict{}, false
	}
	v := verdict{share: float64(b.bad) / float64(b.taken)}
	v.flooded = v.share > b.share
	if v.flooded {
		v.class = slices.MaxFunc(slices.Sorted(maps.Keys(b.classes)), func(one, other record.Class) int {
			return cmp.Compare(b.classes[one], b.classes[other])
		})
		v.example = b.examples[v.class]
		b.rest = min(max(2*b.rest, firstRest), longestRest)
	} else {
		b.rest = 0
	}
	b.reset()
	return v, true
}

// reset begins the window anew.
func (b *breaker) reset() { b.taken, b.bad, b.classes, b.examples = 0, 0, nil, nil }

// judge has the breaker judge the records taken. It is errFlooded if the
// partition is to stand still.
func (p *partition) judge(records int) error {
	if p.breaker == nil {
		return nil
	}
	was := p.breaker.rest
	v, ended := p.breaker.take(records)
	if !ended {
		return nil
	}
	name := []any{"topic", p.topic, "partition", p.id}
	switch {
	case v.flooded && was == 0:
		p.metrics.set(breakerOpen, 1)
		p.config.Logger.Error("the partition stands still: most of its records cannot be read; see parley dead-letters list, and mend the producer. It is tried again after a pause",
			append(name, "unreadable", percent(v.share), "mostly", v.class, "example", v.example, "pause", p.breaker.rest)...)
	case v.flooded:
		p.config.Logger.Warn("the partition's records still cannot be read", append(name, "unreadable", percent(v.share), "mostly", v.class, "example", v.example, "pause", p.breaker.rest)...)
	case was > 0:
		p.metrics.set(breakerOpen, 0)
		p.config.Logger.Info("the partition's records can be read again; it is landed as ever", name...)
	}
	if v.flooded {
		return errFlooded
	}
	return nil
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
