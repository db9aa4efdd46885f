package build

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"parley/sql/officehours"
	"parley/sql/staffing"
)

// mostPlaces is how many contacts at once a hiring plan can reckon with.
const mostPlaces = 1000

// workingHours are the rows of the tables that say when the company is open, who
// is there, and how much they can do. Models cannot compute them: see officehours
// and staffing.
func (b *building) workingHours(timezone string) map[string][][]any {
	s := b.cfg.Settings
	plan := s.Staffing
	if plan == (staffing.Assumptions{}) {
		plan = staffing.Default
	}
	rows := map[string][][]any{
		"office_hours": nil, "cover_hours": nil, "staffing_capacity": nil,
		"staffing_settings": {{plan.HandlingTime.Seconds(), plan.AnswerWithin.Seconds(), plan.Target, plan.Shrinkage, plan.Concurrency}},
	}
	if s.OfficeHours != nil {
		// To the end of the year, so that the rows stay the same as as_of moves in it.
		last := officehours.Date{Year: b.record.AsOf.UTC().Year(), Month: time.December, Day: 31}
		for _, p := range s.OfficeHours.Pieces(officehours.Date{Year: 1970, Month: time.January, Day: 1}, last) {
			open := int32(0)
			if p.IsOpen {
				open = 1
			}
			rows["office_hours"] = append(rows["office_hours"], []any{p.Day, p.StartsAt, p.EndsAt, open, p.OpenBefore})
		}
	}
	for i, perHour := range plan.Capacities(mostPlaces) {
		rows["staffing_capacity"] = append(rows["staffing_capacity"], []any{int32(i + 1), perHour})
	}
	if len(s.Cover) > 0 {
		named := map[string]bool{}
		for _, zone := range append([]string{timezone}, s.Zones...) {
			if !named[zone] {
				rows["cover_hours"] = append(rows["cover_hours"], coverIn(zone, s.Cover, b.record.AsOf)...)
			}
			named[zone] = true
		}
	}
	return rows
}

// coverIn are a zone's rows of cover_hours.
func coverIn(name string, cover []officehours.Cover, asOf time.Time) [][]any {
	zone, err := time.LoadLocation(cmp.Or(name, "UTC"))
	if err != nil {
		return nil // Validate has refused it
	}
	var rows [][]any
	for day, hours := range officehours.Week(cover, zone, asOf) {
		for hour, agents := range hours {
			rows = append(rows, []any{name, int32(day + 1), int32(hour), agents})
		}
	}
	return rows
}

// hashOf stands for the rows of a table that are too many to be written down.
func hashOf(rows [][]any) string {
	var text []byte
	for _, row := range rows {
		for _, value := range row {
			switch v := value.(type) {
			case time.Time:
				text = strconv.AppendInt(text, v.UnixMicro(), 36)
			case int32:
				text = strconv.AppendInt(text, int64(v), 36)
			case int64:
				text = strconv.AppendInt(text, v, 36)
			default:
				text = fmt.Appendf(text, "%q", v)
			}
			text = append(text, ',')
		}
		text = append(text, '\n')
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}
