package officehours

import (
	"testing"
	"time"
)

func TestAgentsOfEachHour(t *testing.T) {
	t.Parallel()
	dublin := schedule(t, weekdays("Europe/Dublin", "09:00-17:30"))
	boston := weekdays("America/New_York", "09:00-17:00")
	boston.Holidays = []string{"2026-07-03"} // is no part of a usual week
	cover := []Cover{{dublin, 3}, {schedule(t, boston), 1.5}}
	zone, err := time.LoadLocation("Europe/Dublin")
	if err != nil {
		t.Fatal(err)
	}
	// In summer Boston's 9 to 17 is Dublin's 14 to 22; from 8 to 29 March, when
	// only America has moved its clocks, it is 13 to 21.
	for asOf, hours := range map[string]map[int]float64{
		"2026-06-30T12:00:00Z": {8: 0, 9: 3, 13: 3, 14: 4.5, 16: 4.5, 17: 3, 18: 1.5, 21: 1.5, 22: 0},
		"2026-03-16T12:00:00Z": {12: 3, 13: 4.5, 16: 4.5, 17: 3, 20: 1.5, 21: 0},
	} {
		week := Week(cover, zone, at(t, asOf))
		for hour, want := range hours {
			for day := range 5 {
				if got := week[day][hour]; got != want {
					t.Errorf("as of %s, day %d, hour %d: %v agents, want %v", asOf, day+1, hour, got, want)
				}
			}
		}
		if week[5][10] != 0 || week[6][10] != 0 {
			t.Errorf("as of %s: agents at the weekend", asOf)
		}
	}
}

// On Sunday 29 March 2026 London has no 01:00 to 02:00, and on 25 October it has
// it twice: such an hour is that of a week later.
func TestAnHourThatTheClockLeavesOut(t *testing.T) {
	t.Parallel()
	cover := []Cover{{on(t, "Europe/London", 7, "01:00-02:00"), 2}}
	zone := cover[0].Schedule.Zone
	for _, asOf := range []string{"2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"} {
		if got := Week(cover, zone, at(t, asOf))[6][1]; got != 2 {
			t.Errorf("as of %s: %v agents, want 2", asOf, got)
		}
	}
}
