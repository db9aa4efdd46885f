package cli

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/pipelines/landing"
)

func TestLandingInWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		progress landing.Progress
		want     string
	}{
		{landing.Progress{Records: 1, PerSecond: 0.2}, "1 record, 0 a second, nothing waits"},
		{landing.Progress{Records: 1_200_000, PerSecond: 299_999.7, Dead: 2, Lag: 7}, "1,200,000 records, 300,000 a second, 2 dead letters, 7 to go"},
		{landing.Progress{Records: 500, Total: 1500, PerSecond: 100}, "500 records, 100 a second, 1,000 to go, 10s left"},
	} {
		if got := landingLine(test.progress); got != test.want {
			t.Errorf("%+v is %q, want %q", test.progress, got, test.want)
		}
	}
}

func TestLandingIsLoggedWhileThereIsWork(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a := &app{log: slog.New(slog.NewTextHandler(&log, nil))}
	progress, done := a.landingProgress()
	for second := range 200 {
		// Records come for 100 seconds, and then no more.
		progress(landing.Progress{Records: 30 * int64(min(second, 100)), Elapsed: time.Duration(second) * time.Second})
	}
	done()
	// The meter's own rate is 0 all the time.
	if got := strings.Count(log.String(), " 30 a second"); got != 3 || !strings.Contains(log.String(), "3,000 records, 10 a second") {
		t.Errorf("the lines give other rates than the mean since the line before:\n%s", log.String())
	}
	if got := strings.Count(log.String(), "landing: "); got != 4 {
		t.Errorf("it was said %d times, want at 30, 60, 90 and 120 s:\n%s", got, log.String())
	}
}
