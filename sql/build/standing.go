package build

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"parley/pipelines/lake"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Standing is how a workspace's builds are doing, as far as their records say;
// whether the next one is late depends on the time at which one asks.
type Standing struct {
	Last    warehouse.Build // that ended last; without an ID: none has
	Current warehouse.Build // the last one that was published; without an ID: none was
	// Failing are the builds in a row that were not published, up to Last, the
	// oldest first; none: builds are well. One whose process was ended is among
	// them only beside others: somebody stopped it.
	Failing []warehouse.Build
	// Due is when the next build should be published: one interval after the last
	// one ended, and as long as that one took. Zero: none is expected.
	Due time.Time
	// Grace is how long after Due a build is late: one interval, a minute at least.
	Grace time.Duration
}

// StandingOf reads how builds are doing from their records, the oldest first. A
// build is expected every so often; never where every is 0, as in a workspace
// whose clock is pinned.
func StandingOf(records []warehouse.Build, every time.Duration) Standing {
	s := Standing{Grace: max(every, time.Minute)}
	failed := 0
	for _, b := range slices.Backward(records) {
		if b.Status == warehouse.Running {
			continue
		}
		if s.Last.ID == "" {
			s.Last = b
		}
		if b.Status == warehouse.Published {
			s.Current = b
			break
		}
		s.Failing = append(s.Failing, b)
		if b.Status == warehouse.Failed {
			failed++
		}
	}
	if failed == 0 && len(s.Failing) < 2 {
		s.Failing = nil
	}
	slices.Reverse(s.Failing)
	if s.Last.ID != "" && every > 0 {
		s.Due = s.Last.EndedAt().Add(every + time.Duration(s.Last.Seconds*float64(time.Second)))
	}
	return s
}

// FailingSince is when the first of the failing builds began; zero: builds are well.
func (s Standing) FailingSince() time.Time {
	if len(s.Failing) == 0 {
		return time.Time{}
	}
	return s.Failing[0].StartedAt
}

// Late is by how much the next build is late at an instant; 0: it is not.
func (s Standing) Late(now time.Time) time.Duration {
	if s.Due.IsZero() || now.Sub(s.Due) < s.Grace {
		return 0
	}
	return now.Sub(s.Due)
}

// Fault says what is wrong at an instant, and what to do; nil: nothing is.
func (s Standing) Fault(now time.Time) error {
	late := s.Late(now)
	switch {
	case len(s.Failing) > 0:
		readers := "nothing has been published yet"
		if s.Current.ID != "" {
			readers = "readers have " + s.Current.ID
		}
		untried := ""
		if late > 0 {
			untried = fmt.Sprintf(", and none has been tried since %s", s.Last.EndedAt().UTC().Format(time.RFC3339))
		}
		return fmt.Errorf("builds have been failing since %s (%d in a row)%s; %s. See why with: parley build --show %s",
			s.FailingSince().UTC().Format(time.RFC3339), len(s.Failing), untried, readers, s.Last.ID)
	case late > 0:
		return fmt.Errorf("the last build is %s late: it ended at %s, and the next was expected by %s; keep `parley run` up, or say how often you build by build.every in parley.yaml",
			transform.DurationText(late), s.Last.EndedAt().UTC().Format(time.RFC3339), s.Due.UTC().Format(time.RFC3339))
	}
	return nil
}

// Recent reads the newest records of builds, the oldest of them first: at least
// as many as asked for, and further back to the last published one. 0: all. A
// damaged record is left out.
func Recent(l *lake.Lake, atLeast int) ([]warehouse.Build, error) {
	paths, err := History(l)
	if err != nil {
		return nil, err
	}
	var records []warehouse.Build
	published := false
	for _, path := range slices.Backward(paths) {
		if atLeast > 0 && len(records) >= atLeast && published {
			break
		}
		b, err := warehouse.ReadBuild(path)
		if err != nil || b.ID+".json" != filepath.Base(path) {
			continue
		}
		published = published || b.Status == warehouse.Published
		records = append(records, b)
	}
	slices.Reverse(records)
	return records, nil
}

// SampleDir is the folder that CheckRecord.Sample is relative to.
func SampleDir(l *lake.Lake) string { return placesOf(l).history }
