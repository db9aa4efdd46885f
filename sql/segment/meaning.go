package segment

import "parley/sql/warehouse"

const tablesText = `
segment_members: Who is in which segment: one row per segment and person.
    segment: name of the segment's file
    person_id: of the person
    user_id: theirs, by now; NULL for leads and visitors
    entered_at: the build at which they were in it first, without having left since
    definition: hash of what the segment asked for

segment_changes: Who entered and left: one row per person and change, for ever; or was there at the segment's first run.
    segment: name of the segment's file
    person_id: of the person, as it was then
    user_id: theirs, as it was then; NULL for leads and visitors
    change: entered or left; baseline: was there at the segment's first run
    changed_at: the build that found it
    definition: hash of what the segment asked for
    run_id: name of that build

segment_runs: The last run of each segment: one row per segment.
    segment: name of the segment's file
    definition: hash of what the segment asked for
    run_id: name of the build
    as_of: the instant of the build
    members: how many people are in it
`

// Meanings says what the tables of Tables and their columns mean.
func Meanings() map[string]warehouse.Meaning {
	meanings, err := warehouse.ParseMeanings(tablesText)
	if err != nil {
		panic(err) // the text is part of the program, and a test reads it
	}
	return meanings
}
