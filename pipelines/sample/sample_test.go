package sample_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/pipelines/sample"
)

const events = 24_000

func landed(t testing.TB) *lake.Lake {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func rows[Row any](t *testing.T, l *lake.Lake, kind record.Kind) (all []Row) {
	t.Helper()
	files, err := l.Files(string(kind))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		part, err := parquet.ReadFile[Row](l.Path(file.Path))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(part)) != file.Rows {
			t.Errorf("%s holds %d rows, says %d", file.Path, len(part), file.Rows)
		}
		all = append(all, part...)
	}
	return all
}

// TestHistory holds what is landed against the proportions that are promised.
func TestHistory(t *testing.T) {
	t.Parallel()
	l, config := landed(t), sample.Config{Events: events}
	n, err := sample.Land(context.Background(), l, config)
	if err != nil {
		t.Fatal(err)
	}
	size := config.Sizes()
	visits, people := rows[record.Event](t, l, record.KindEvent), rows[record.User](t, l, record.KindUser)
	talks := rows[record.Conversation](t, l, record.KindConversation)
	if len(visits) != size.Events || len(people) != size.People || len(talks) != 2*size.Conversations || size.Parts != 3*size.Conversations || n < int64(events) {
		t.Errorf("%d events, %d people, %d records of conversations; want %+v", len(visits), len(people), len(talks), size)
	}
	days, ids := map[string]map[string]bool{}, map[string]bool{}
	for _, e := range visits {
		if e.OccurredAt.Before(sample.End.AddDate(0, 0, -sample.Days)) || e.OccurredAt.After(sample.End.AddDate(0, 0, 1)) {
			t.Errorf("an event of %s", e.OccurredAt)
		}
		ids[e.EventID] = true
		_, key := e.Strongest()
		if days[key] == nil {
			days[key] = map[string]bool{}
		}
		days[key][e.OccurredAt.Format("2006-01-02")] = true
	}
	if len(ids) != size.Events {
		t.Errorf("%d ids of %d events", len(ids), size.Events)
	}
	active := 0
	for _, of := range days {
		active += len(of)
	}
	if mean := float64(active) / float64(size.People); mean < 2 || mean > 4 {
		t.Errorf("a person is active on %.1f days", mean)
	}
	proven, err := l.Verify(context.Background(), lake.VerifyConfig{Deep: true})
	if err != nil || len(proven.Faults) > 0 || proven.Rows+proven.Tombstones != n {
		t.Errorf("the lake holds %+v of %d rows, error %v", proven, n, err)
	}
}

func TestSameConfigurationSameRows(t *testing.T) {
	t.Parallel()
	var lakes []*lake.Lake
	for _, seed := range []uint64{1, 1, 2} {
		l, config := landed(t), sample.Config{Events: 2400, Seed: seed}
		if _, err := sample.Land(context.Background(), l, config); err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			if _, err := sample.LandMore(context.Background(), l, config, round); err != nil {
				t.Fatal(err)
			}
		}
		lakes = append(lakes, l)
	}
	of := func(l *lake.Lake) []any {
		return []any{rows[record.Event](t, l, record.KindEvent), rows[record.User](t, l, record.KindUser), rows[record.Company](t, l, record.KindCompany),
			rows[record.Conversation](t, l, record.KindConversation), rows[record.Tag](t, l, record.KindTag), rows[record.Delivery](t, l, record.KindDelivery)}
	}
	if diff := cmp.Diff(of(lakes[0]), of(lakes[1])); diff != "" {
		t.Errorf("another time (-first +second):\n%.2000s", diff)
	}
	if cmp.Equal(of(lakes[0]), of(lakes[2])) {
		t.Error("another seed gives the same rows")
	}
}

// TestMore counts what a further step lands, and on which days.
func TestMore(t *testing.T) {
	t.Parallel()
	l, config := landed(t), sample.Config{Events: events}
	if _, err := sample.Land(context.Background(), l, config); err != nil {
		t.Fatal(err)
	}
	before := rows[record.Event](t, l, record.KindEvent)
	known := map[string]bool{}
	for _, e := range before {
		known[e.EventID] = true
	}
	added, days := 0, map[string]bool{}
	for round := range 20 {
		if _, err := sample.LandMore(context.Background(), l, config, round); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range rows[record.Event](t, l, record.KindEvent) {
		if !known[e.EventID] {
			added++
			days[e.OccurredAt.Format("2006-01-02")] = true
		}
	}
	if added != 20*events/1000 || len(days) < 5 || len(days) > 16 { // a visit may go past midnight
		t.Errorf("%d events more on %v", added, slices.Sorted(maps.Keys(days)))
	}
}

func TestTooFew(t *testing.T) {
	t.Parallel()
	if _, err := sample.Land(context.Background(), landed(t), sample.Config{Events: 10}); err == nil {
		t.Error("no error for 10 events")
	}
}
