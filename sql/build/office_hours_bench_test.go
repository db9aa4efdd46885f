package build

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"parley/sql/officehours"
	"parley/sql/warehouse"
)

// officeSchedule is a week with lunch and holidays of ten years.
func officeSchedule(tb testing.TB) *officehours.Schedule {
	tb.Helper()
	spec := officehours.Spec{Timezone: "Europe/Dublin"}
	for day := range 5 {
		spec.Days[day] = []string{"09:00-12:30", "13:30-18:00"}
	}
	for year := 2017; year <= 2026; year++ {
		for _, day := range []string{"01-01", "03-17", "05-01", "06-05", "08-07", "10-30", "12-25", "12-26"} {
			spec.Holidays = append(spec.Holidays, fmt.Sprintf("%d-%s", year, day))
		}
	}
	schedule, err := officehours.Parse(spec)
	if err != nil {
		tb.Fatal(err)
	}
	return &schedule
}

// BenchmarkOfficeHours runs the model conversations over a million of them, two
// in three answered, into Parquet: without a schedule, so that its columns of
// office hours are NULL, and with one; and tells the ratio. The time to make the
// schedule's rows is told by itself.
func BenchmarkOfficeHours(b *testing.B) {
	ctx := context.Background()
	graph, shapes, err := Graph(ctx, nil, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	engine, err := warehouse.Open(ctx, warehouse.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	text := map[string]string{}
	for _, m := range graph.Models {
		text[m.Name] = m.SQL
	}
	for _, table := range []string{"int_conversations__closed", "int_conversations__tagged", "memberships"} {
		statement := "create table " + table + " ("
		for i, c := range shapes.Columns[table] {
			statement += fmt.Sprintf("%s%s %s", map[bool]string{true: ", "}[i > 0], warehouse.Ident(c.Name), c.Type)
		}
		if err := engine.Exec(ctx, statement+")"); err != nil {
			b.Fatal(err)
		}
	}
	for _, statement := range []string{
		`create table int_conversations__opened as
			select id::varchar as conversation_id, 'u:' || id % 50000 as person_id, (id % 50000)::varchar as user_id, 'c' || id % 5000 as company_id,
				'person' as initiated_by, 'email' as channel, 'question ' || id as subject, 'https://app.example.com/' || id as url, 'closed' as sent_state,
				id::varchar as first_contact_part_id, 2::bigint as contact_messages, false as is_bot_answered, began as created_at, began as first_contact_at,
				case when id % 3 > 0 then began + interval 1 second * (hash(id) % 200000) end as first_response_at,
				case when id % 3 > 0 then began + interval 1 second * (hash(id) % 400000) end as last_response_at
			from (select i as id, timestamptz '2022-01-01 00:00:00+00' + interval 1 second * (i * 126 + hash(i) % 86400) as began from range(1000000) as t(i))`,
		`insert into int_conversations__closed (conversation_id, state, reopened, first_closed_at, last_closed_at)
			select conversation_id, 'closed', 0, first_response_at, last_response_at from int_conversations__opened`,
		`insert into int_conversations__tagged (conversation_id, teams, topics, team, topic)
			select conversation_id, 1, 1, 'billing', 'confused' from int_conversations__opened where first_response_at is not null`,
	} {
		if err := engine.Exec(ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
	made := &building{cfg: Config{Settings: Settings{OfficeHours: officeSchedule(b)}}}
	made.record.AsOf = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	began := time.Now()
	rows := made.workingHours("UTC")["office_hours"]
	hashOf(rows)
	if err := engine.CreateSource(ctx, "office_hours", rows); err != nil {
		b.Fatal(err)
	}
	rowsSeconds := time.Since(began).Seconds()
	if err := engine.View(ctx, "stg_office_hours", text["stg_office_hours"]); err != nil {
		b.Fatal(err)
	}
	write := func(schedule string) time.Duration {
		if err := engine.View(ctx, "stg_office_hours", "select * from office_hours where "+schedule); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if _, err := engine.Write(ctx, text["conversations"], filepath.Join(b.TempDir(), "conversations.parquet")); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var without, with time.Duration
	for b.Loop() {
		without += write("false")
		with += write("true")
	}
	b.ReportMetric(without.Seconds()/float64(b.N), "without-s")
	b.ReportMetric(with.Seconds()/float64(b.N), "with-s")
	b.ReportMetric(with.Seconds()/without.Seconds(), "with/without")
	b.ReportMetric(rowsSeconds, "schedule-s")
	b.ReportMetric(float64(len(rows)), "stretches")
}
