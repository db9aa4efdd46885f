package cli

import (
	"fmt"
	"time"

	"parley/pipelines/landing"
)

// landingSaidEvery is how often landing is logged where no terminal shows it.
const landingSaidEvery = 30 * time.Second

// landingProgress shows how far landing is: at a terminal as a line that moves,
// elsewhere as a line of the log every so often while there is work, with the
// mean rate of that time. done takes the line away.
func (a *app) landingProgress() (progress func(landing.Progress), done func()) {
	if a.screen != nil {
		show := a.movingLine()
		return func(p landing.Progress) { show("landing: " + landingLine(p)) }, func() { show("") }
	}
	var last landing.Progress // when a line was due
	return func(p landing.Progress) {
		span := p.Elapsed - last.Elapsed
		if span < landingSaidEvery {
			return
		}
		landed := p.Records - last.Records
		last = p
		if landed == 0 && p.Lag == 0 {
			return
		}
		// The present rate would be that of an instant: records come in bursts.
		p.PerSecond = max(0, float64(landed)/span.Seconds())
		a.log.Info("landing: " + landingLine(p))
	}, func() {}
}

// landingLine is progress in words: "1,200 records, 400 a second, 5,000 to go, 13s left".
func landingLine(p landing.Progress) string {
	text := fmt.Sprintf("%s, %s a second", plural(p.Records, "record", "records"), grouped(int64(p.PerSecond+0.5)))
	if p.Dead > 0 {
		text += ", " + plural(p.Dead, "dead letter", "dead letters")
	}
	behind := p.Lag
	if p.Total > 0 {
		behind = p.Total - p.Records
	}
	if behind <= 0 {
		return text + ", nothing waits"
	}
	text += ", " + grouped(behind) + " to go"
	if left, known := p.ETA(); known {
		text += ", " + left.Round(time.Second).String() + " left"
	}
	return text
}
