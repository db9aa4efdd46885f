package workspace

import (
	"fmt"

	"parley/sql/officehours"
	"parley/sql/staffing"
)

// DefaultSchedule is the name of the schedule by which office hours are counted.
const DefaultSchedule = "default"

// OfficeHours is the schedule by which office hours are counted: that named
// `default` under office_hours; nil: there is none.
func (w *Workspace) OfficeHours() *officehours.Schedule {
	schedule, ok := w.Config.OfficeHours[DefaultSchedule]
	if !ok {
		return nil
	}
	parsed := schedule.parsed()
	return &parsed
}

// Cover is who is there when, as `cover` says; none: it says nothing.
func (w *Workspace) Cover() []officehours.Cover {
	var cover []officehours.Cover
	for _, c := range w.Config.Cover {
		cover = append(cover, officehours.Cover{Schedule: w.Config.OfficeHours[c.Schedule].parsed(), Agents: c.Agents})
	}
	return cover
}

// Assumptions are those of the hiring plan, as `staffing` says.
func (w *Workspace) Assumptions() staffing.Assumptions {
	s := w.Config.Staffing
	return staffing.Assumptions{
		HandlingTime: s.HandlingTime.Value(), AnswerWithin: s.AnswerWithin.Value(),
		Target: s.Target, Shrinkage: *s.Shrinkage, Concurrency: s.Concurrency,
	}
}

func (s Schedule) parsed() officehours.Schedule {
	parsed, err := officehours.Parse(officehours.Spec{Timezone: s.Timezone, Days: s.byDay(), Holidays: s.Holidays})
	if err != nil {
		panic(fmt.Sprintf("a schedule that Open has let through: %v", err))
	}
	return parsed
}
