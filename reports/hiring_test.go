package reports

import "testing"

// hiring are made-up marts in which so many people are missing on weekdays from
// one hour to before another, by Dublin's clock.
func hiring(people int64, from, to int, zones ...string) marts {
	m := lifelike()
	m["staffing"] = nil
	for cell := range 168 {
		weekday, hour, needed := cell/24+1, cell%24, int64(1)
		if weekday < 6 && hour >= from && hour < to {
			needed += people
		}
		m["staffing"] = append(m["staffing"], []any{weekday, hour, float64(needed), needed, 1.0})
	}
	for _, zone := range zones {
		m["staffing_zones"] = append(m["staffing_zones"], []any{zone, 1, 0, 1.0, int64(1), 1.0})
	}
	return m
}

// 14:00–22:00 in Dublin is 9:00–17:00 in New York, in summer as in winter.
func TestWhomToHire(t *testing.T) {
	t.Parallel()
	dir := write(t, hiring(2, 14, 22, "America/New_York", "Australia/Brisbane"))
	has(t, dir, "contacts-by-hour.html",
		"2 people: 2 in America/New_York, Monday to Friday. They cover 80 of the 80 hours of work that are missing in a week.", ">Monday to Friday<", "5 days after each other, 9:00–17:00 by the clock where they live")
	if got := read(t, dir, "hiring.csv"); len(got) < 168 {
		t.Errorf("the CSV is %q", got)
	}
}

func TestNobodyToHire(t *testing.T) {
	t.Parallel()
	has(t, write(t, hiring(0, 0, 0, "America/New_York")), "contacts-by-hour.html", "Nobody: every hour has as many people as it needs.")
	// An hour on each weekday is less than half of a week.
	has(t, write(t, hiring(3, 12, 13)), "contacts-by-hour.html", "Nobody: 15 hours of work are missing in a week, and no person would be busy with them for half of theirs.",
		"Only the workspace&#39;s own zone is looked at. Write reports: {zones: [America/New_York]} into parley.yaml")
}
