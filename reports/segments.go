package reports

import (
	"fmt"
	"time"

	"parley/reports/chart"
)

const segmentsQuery = `select segment_runs.segment, segment_runs.members,
    count(*) filter (where change = 'entered' and changed_at > settings.as_of - interval 7 day) as entered_7_days,
    count(*) filter (where change = 'left' and changed_at > settings.as_of - interval 7 day) as left_7_days,
    count(*) filter (where change = 'entered' and changed_at > settings.as_of - interval 28 day) as entered_28_days,
    count(*) filter (where change = 'left' and changed_at > settings.as_of - interval 28 day) as left_28_days,
    segment_runs.as_of as last_run_at
from segment_runs cross join settings
left join segment_changes
    on segment_changes.segment = segment_runs.segment and segment_changes.definition = segment_runs.definition
group by segment_runs.segment, segment_runs.members, segment_runs.as_of
order by members desc, segment_runs.segment`

// movedQuery counts each person once, in however many segments they came and went.
const movedQuery = `select
    count(distinct person_id) filter (where change = 'entered') as entered,
    count(distinct person_id) filter (where change = 'left') as left_one
from segment_changes
inner join segment_runs using (segment, definition)
cross join settings
where changed_at > settings.as_of - interval 7 day`

// segmentSize is one segment, with who came and went: counts only.
type segmentSize struct {
	Name                                 string
	Members                              int64
	Entered, Left, EnteredLong, LeftLong int64 // in 7 days, in 28 days
	LastRun                              time.Time
}

// segmentSizes are the segments, the largest first.
func (d *desk) segmentSizes() ([]segmentSize, error) {
	return ask(d, segmentsQuery, func(r row) segmentSize {
		return segmentSize{
			r.text("segment"), r.count("members"), r.count("entered_7_days"), r.count("left_7_days"),
			r.count("entered_28_days"), r.count("left_28_days"), r.time("last_run_at"),
		}
	})
}

func (d *desk) segments() (*page, error) {
	list, err := d.segmentSizes()
	if err != nil {
		return nil, err
	}
	p := &page{Lede: "How many people each segment holds, and how many came and went lately. Who they are: parley segment show NAME."}
	f := figure{ID: "segments", Title: "People in each segment", SQL: segmentsQuery, Definition: []string{
		"Members are the people who meet the segment's definition as of this build.",
		"Entered: not a member in the last run of the same definition, a member in this one. The first run of a definition counts those who are there and enters nobody; nor does joining two people into one. The table counts each entry; the sentence above it counts each person once.",
	}}
	if len(list) == 0 {
		f.Missing = &missing{
			What:    "There is no segment yet.",
			How:     "Write one as a file, segments/NAME.yaml, look at who is in it, and build:",
			Command: "parley segment count NAME && parley build && parley report",
		}
		p.Figures = []figure{f}
		return p, nil
	}
	shown := list[:min(len(list), mostBars)]
	bars := chart.Bars{Format: chart.Count, Series: []chart.Series{{Name: "Members", Color: chart.Blue}}}
	for _, s := range shown {
		bars.Names = append(bars.Names, s.Name)
		bars.Series[0].Values = append(bars.Series[0].Values, float64(s.Members))
	}
	drawing, err := drawn(bars.Draw())
	if err != nil {
		return nil, err
	}
	t := table{
		Caption: "People in each segment, the largest first",
		Head:    []string{"Segment", "Members", "Entered in 7 days", "Left in 7 days", "Entered in 28 days", "Left in 28 days", "Last run as of"},
	}
	for _, s := range list {
		t.Rows = append(t.Rows, tableRow{Cells: []cell{
			words(s.Name), counted(s.Members), counted(s.Entered), counted(s.Left), counted(s.EnteredLong), counted(s.LeftLong), words(d.formatTime(s.LastRun)),
		}})
	}
	f.Summary = plural(int64(len(list)), "segment") + "."
	moved, err := ask(d, movedQuery, func(r row) string {
		return fmt.Sprintf(" In the last seven days %s entered a segment and %s left one.", people(r.count("entered")), formatCount(r.count("left_one")))
	})
	if err != nil {
		return nil, err
	}
	for _, sentence := range moved {
		f.Summary += sentence
	}
	v := view{ID: f.ID, Title: f.Title, Drawing: drawing, Table: t}
	if len(list) > mostBars {
		v.Note = fmt.Sprintf("The chart shows the %d largest; the table has all %d.", mostBars, len(list))
	}
	f.Views = []view{v}
	p.Figures = []figure{f}
	return p, nil
}
