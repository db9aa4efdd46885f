package officehours

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Brisbane, +10, opens at 23:00 UTC of the day before and closes at 07:00.
func TestPiecesOfADay(t *testing.T) {
	t.Parallel()
	spec := weekdays("Australia/Brisbane", "09:00-17:00")
	spec.Holidays = []string{"2026-06-03"}
	pieces := schedule(t, spec).Pieces(Date{2026, 5, 31}, Date{2026, 6, 3})
	piece := func(day, from, to string, open bool, before int64) Piece {
		return Piece{Day: at(t, day+"T00:00:00Z"), StartsAt: at(t, from), EndsAt: at(t, to), IsOpen: open, OpenBefore: before}
	}
	want := []Piece{
		piece("2026-05-31", "2026-05-31T00:00:00Z", "2026-05-31T23:00:00Z", false, 0), // Sunday
		piece("2026-05-31", "2026-05-31T23:00:00Z", "2026-06-01T00:00:00Z", true, 0),
		piece("2026-06-01", "2026-06-01T00:00:00Z", "2026-06-01T07:00:00Z", true, 3600),
		piece("2026-06-01", "2026-06-01T07:00:00Z", "2026-06-01T23:00:00Z", false, 8*3600),
		piece("2026-06-01", "2026-06-01T23:00:00Z", "2026-06-02T00:00:00Z", true, 8*3600),
		piece("2026-06-02", "2026-06-02T00:00:00Z", "2026-06-02T07:00:00Z", true, 9*3600),
		piece("2026-06-02", "2026-06-02T07:00:00Z", "2026-06-03T00:00:00Z", false, 16*3600), // the holiday begins at 14:00 UTC
		piece("2026-06-03", "2026-06-03T00:00:00Z", "2026-06-03T23:00:00Z", false, 16*3600),
		piece("2026-06-03", "2026-06-03T23:00:00Z", "2026-06-04T00:00:00Z", true, 16*3600), // Thursday
	}
	if diff := cmp.Diff(want, pieces); diff != "" {
		t.Errorf("- want, + got:\n%s", diff)
	}
	if none := schedule(t, spec).Pieces(Date{2026, 6, 3}, Date{2026, 6, 2}); none != nil {
		t.Errorf("from a later day to an earlier: %v", none)
	}
}

// The difference of the totals of two instants is the open time between them,
// as it is found without pieces, over two years of changing clocks.
func TestPiecesAddUp(t *testing.T) {
	t.Parallel()
	first, last := Date{2025, 1, 1}, Date{2026, 12, 31}
	chance := rand.New(rand.NewPCG(7, 7))
	for _, zone := range []string{"Australia/Lord_Howe", "America/New_York", "Europe/London", "Africa/Casablanca"} {
		spec := weekdays(zone, "00:00-02:10", "09:00-12:30", "13:15-17:00", "22:00-24:00")
		spec.Days[6] = []string{"01:00-03:00"}
		spec.Holidays = []string{"2025-12-25", "2026-01-01", "2026-04-03"}
		s := schedule(t, spec)
		pieces := s.Pieces(first, last)
		for i, p := range pieces {
			if i > 0 && !pieces[i-1].EndsAt.Equal(p.StartsAt) || !p.StartsAt.Before(p.EndsAt) || p.StartsAt.Truncate(24*time.Hour) != p.Day || p.EndsAt.Sub(p.Day) > 24*time.Hour {
				t.Fatalf("%s: piece %+v after %+v", zone, p, pieces[max(0, i-1)])
			}
		}
		total := func(at time.Time) time.Duration {
			for _, p := range pieces {
				if !at.Before(p.StartsAt) && at.Before(p.EndsAt) {
					open := time.Duration(p.OpenBefore) * time.Second
					if p.IsOpen {
						open += at.Sub(p.StartsAt)
					}
					return open
				}
			}
			t.Fatalf("%s: no piece holds %s", zone, at)
			return 0
		}
		from, length := first.midnight(), int64(last.midnight().Sub(first.midnight())/time.Second)
		for range 200 {
			a := from.Add(time.Duration(chance.Int64N(length)) * time.Second)
			b := a.Add(time.Duration(chance.Int64N(30*86400)) * time.Second)
			if b.After(last.midnight()) {
				continue
			}
			if got, want := total(b)-total(a), s.Open(a, b); got != want {
				t.Fatalf("%s: from %s to %s: %s, want %s", zone, a, b, got, want)
			}
		}
	}
}
