package staffing_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/staffing"
)

// week has so many people missing on some days, from one hour to before another.
func week(people float64, days []int, from, to int) (m staffing.Missing) {
	for _, day := range days {
		for hour := from; hour < to; hour++ {
			m[day][hour] = people
		}
	}
	return m
}

func TestHire(t *testing.T) {
	t.Parallel()
	weekdays, all := []int{0, 1, 2, 3, 4}, []int{0, 1, 2, 3, 4, 5, 6}
	here := staffing.Zone{Name: "Europe/Dublin"}
	newYork := staffing.Zone{Name: "America/New_York", Ahead: -5 * time.Hour}
	brisbane := staffing.Zone{Name: "Australia/Brisbane", Ahead: 9 * time.Hour}
	kolkata := staffing.Zone{Name: "Asia/Kolkata", Ahead: 4*time.Hour + 30*time.Minute}
	for name, tt := range map[string]struct {
		missing staffing.Missing
		zones   []staffing.Zone
		want    []staffing.Position
		left    float64
	}{
		"nothing is missing": {zones: []staffing.Zone{here}},
		"a week of work here": {
			week(1, weekdays, 9, 17), []staffing.Zone{here, newYork},
			[]staffing.Position{{Zone: "Europe/Dublin", Day: 0, People: 1, Hours: 40}}, 0,
		},
		"the evenings are New York's days": {
			week(1, weekdays, 14, 22), []staffing.Zone{here, newYork},
			[]staffing.Position{{Zone: "America/New_York", Day: 0, People: 1, Hours: 40}}, 0,
		},
		// 9:00 on Monday in Brisbane is midnight here, and the night to Monday is Sunday's.
		"the nights are Brisbane's days": {
			week(2, weekdays, 0, 8), []staffing.Zone{here, brisbane},
			[]staffing.Position{{Zone: "Australia/Brisbane", Day: 0, People: 2, Hours: 80}}, 0,
		},
		// 9:00–17:00 there is 4:30–12:30 here: of the hour from 4 on and of that from 12 on it has half.
		"a zone of half an hour": {
			week(1, weekdays, 4, 13), []staffing.Zone{kolkata},
			[]staffing.Position{{Zone: "Asia/Kolkata", Day: 0, People: 1, Hours: 40}}, 5,
		},
		// After the one, Saturday and Sunday have 16 hours: not half a week.
		"every day": {
			week(1, all, 9, 17), []staffing.Zone{here},
			[]staffing.Position{{Zone: "Europe/Dublin", Day: 0, People: 1, Hours: 40}}, 16,
		},
		// The first covers 40 of 56 × 2; then as much is missing on weekdays; then Saturday
		// and Sunday have 16 hours twice, of which one person takes no more than 16.
		"two every day": {
			week(2, all, 9, 17), []staffing.Zone{here},
			[]staffing.Position{{Zone: "Europe/Dublin", Day: 0, People: 2, Hours: 80}}, 32,
		},
		// Wednesday to Sunday, though Monday and Tuesday are free.
		"a weekend": {
			week(1, []int{2, 5, 6}, 9, 17), []staffing.Zone{here},
			[]staffing.Position{{Zone: "Europe/Dublin", Day: 2, People: 1, Hours: 24}}, 0,
		},
		"a part of somebody": {week(0.4, all, 9, 17), []staffing.Zone{here}, nil, 0.4 * 56},
	} {
		got, left := staffing.Hire(tt.missing, tt.zones)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if math.Abs(left.Hours()-tt.left) > 1e-9 {
			t.Errorf("%s: %v hours are left, want %v", name, left.Hours(), tt.left)
		}
	}
}
