package landing

import (
	"testing"
	"time"
)

func TestRatesAndETA(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	var told Progress
	m := newMeter(func(p Progress) { told = p }, 0)
	m.clock, m.began = func() time.Time { return now }, now
	pass := func(seconds int, each step) {
		for range seconds {
			now = now.Add(time.Second)
			m.add(each)
		}
	}
	m.add(step{lag: 10_000})
	if _, known := told.ETA(); known {
		t.Error("an ETA is known before anything was taken")
	}
	pass(5, step{records: 600, lag: -500}) // 600 land a second, 100 come
	if told.PerSecond != 600 || told.Lag != 7500 || told.Elapsed != 5*time.Second {
		t.Errorf("%+v", told)
	}
	if left, known := told.ETA(); !known || left != 15*time.Second {
		t.Errorf("%s are left, %t", left, known)
	}
	pass(20, step{records: 100, lag: 50}) // less land than come
	if _, known := told.ETA(); known || told.PerSecond != 100 {
		t.Errorf("an ETA is known although more comes than lands: %+v", told)
	}
	pass(30, step{})
	if told.PerSecond != 0 {
		t.Errorf("%.0f records a second when none come", told.PerSecond)
	}
	m.add(step{lag: -told.Lag})
	now = now.Add(time.Second)
	m.add(step{})
	if left, known := told.ETA(); !known || left != 0 {
		t.Errorf("%s are left when nothing is, %t", left, known)
	}
}
