package demo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// chance is a seeded source of accident. Each story has its own, so that a
// change to one leaves the others as they were.
type chance struct{ *rand.Rand }

func newChance(seed uint64, story string) chance {
	return chance{rand.New(rand.NewPCG(seed, hashOf(story)))}
}

func hashOf(text string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text)) // a hash's Write never fails
	return hash.Sum64()
}

// yes is true in a share p of cases.
func (c chance) yes(p float64) bool { return c.Float64() < p }

// between is evenly spread over [low, high).
func (c chance) between(low, high float64) float64 { return low + (high-low)*c.Float64() }

// whole is one of low, low+1, … high.
func (c chance) whole(low, high int) int { return low + c.IntN(high-low+1) }

// span is evenly spread over [low, high), in whole seconds.
func (c chance) span(low, high time.Duration) time.Duration {
	return time.Duration(c.between(float64(low), float64(high))).Truncate(time.Second)
}

// around is log-normal, as waiting times are: half lie below median. spread is
// the standard deviation of the logarithm. In whole seconds.
func (c chance) around(median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*c.NormFloat64())).Truncate(time.Second)
}

// weighted is an index into weights, each as likely as it weighs.
func (c chance) weighted(weights ...float64) int {
	total := 0.0
	for _, weight := range weights {
		total += weight
	}
	left := c.Float64() * total
	for i, weight := range weights {
		if left -= weight; left < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func pick[T any](c chance, from []T) T { return from[c.IntN(len(from))] }
