package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meter shows a count as it grows. At a terminal it is a line that moves, elsewhere one line at the end.
type meter struct {
	a     *app
	what  string
	unit  string
	bar   *progressbar.ProgressBar
	count int64
}

func (a *app) meter(what, unit string) *meter { return a.meterOf(what, unit, -1) }

// meterOf is a meter whose end is known.
func (a *app) meterOf(what, unit string, total int64) *meter {
	m := &meter{a: a, what: what, unit: unit}
	out := io.Discard
	if isTerminal(a.stderr) {
		out = a.stderr
	}
	m.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetItsString(unit),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	return m
}

func (m *meter) add(n int) {
	m.count += int64(n)
	_ = m.bar.Add(n) // only a display
}

// finish takes the line away.
func (m *meter) finish() { _ = m.bar.Finish() }

// done takes the line away; where nobody saw it move, the count is said.
func (m *meter) done() {
	m.finish()
	if !isTerminal(m.a.stderr) {
		m.a.say("%s: %s %s", m.what, grouped(m.count), m.unit)
	}
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

// to moves the meter to a count.
func (m *meter) to(n int64) { m.add(int(n - m.count)) }

// steps shows work that goes through named steps, one line at a terminal.
type steps struct {
	a    *app
	what string
	bar  *progressbar.ProgressBar
}

func (a *app) steps(what string) *steps {
	out := io.Discard
	if isTerminal(a.stderr) {
		out = a.stderr
	}
	return &steps{a: a, what: what, bar: progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
	)}
}

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
