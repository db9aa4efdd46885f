package reports

import "testing"

// Of the made-up week: Tuesday at ten lacks three of seven; beside it the hours
// from eight and from five to eight of each working day lack two, 5 × 4 of them.
func TestHoursThatAreNotCovered(t *testing.T) {
	t.Parallel()
	has(t, write(t, lifelike()), "contacts-by-hour.html", "21 hours of the week are not covered. Most are missing on Tuesday 10:00–11:00 (3), Monday 08:00–09:00 (2),",
		"Assumed: 10 min for a contact, 80% answered within 5 min, 30% of paid time away, 1 conversation at once.")
}

// Where no cover is named all who are needed are missing, and the page says what to write.
func TestNoCover(t *testing.T) {
	t.Parallel()
	m := lifelike()
	for _, hour := range m["staffing"] {
		hour[4] = nil
	}
	has(t, write(t, m), "contacts-by-hour.html", "60 hours of the week are not covered", "Nobody is scheduled: write office_hours and cover into parley.yaml")
}
