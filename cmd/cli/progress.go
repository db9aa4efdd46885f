package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meter shows a count as it grows, and how fast. At a terminal it is a line that
// moves, elsewhere nothing until the end.
type meter struct {
	a     *app
	what  string
	unit  string
	bar   *progressbar.ProgressBar
	began time.Time
	count int64
}

func (a *app) meter(what, unit string) *meter {
	return &meter{a: a, what: what, unit: unit, began: time.Now(), bar: a.bar(what, -1)}
}

// bar is a line at the terminal that is taken away at the end; elsewhere it is not seen.
func (a *app) bar(what string, total int64) *progressbar.ProgressBar {
	var out io.Writer = io.Discard
	if a.screen != nil {
		out = &foot{screen: a.screen}
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

func (m *meter) add(n int) {
	m.count += int64(n)
	rate := int64(float64(m.count) / max(time.Since(m.began).Seconds(), 0.001))
	m.bar.Describe(fmt.Sprintf("%s: %s %s, %s a second", m.what, grouped(m.count), m.unit, grouped(rate)))
	_ = m.bar.Add(n) // only a display
}

// finish takes the line away.
func (m *meter) finish() { _ = m.bar.Finish() }

// done takes the line away; where nobody saw it move, the count is said.
func (m *meter) done() {
	m.finish()
	if m.a.screen == nil {
		m.a.say("%s: %s", m.what, plural(m.count, strings.TrimSuffix(m.unit, "s"), m.unit))
	}
}

// plural is a count and what is counted.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a count with its thousands apart.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// steps shows work that goes through named steps, one line at a terminal.
type steps struct {
	what string
	bar  *progressbar.ProgressBar
}

func (a *app) steps(what string) *steps { return &steps{what: what, bar: a.bar(what, 1)} }

func (s *steps) at(step string, done, total int) {
	s.bar.Describe(s.what + ": " + step)
	s.bar.ChangeMax(max(total, 1))
	_ = s.bar.Set(done) // only a display
}

func (s *steps) done() { _ = s.bar.Finish() }

// timed does one step of a longer work and says in one line what came of it and how long it took.
func (a *app) timed(what string, do func() (outcome string, err error)) error {
	began := time.Now()
	outcome, err := do()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	a.say("%-50s %18s %7.1f s", what, outcome, time.Since(began).Seconds())
	return nil
}
