package build

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/pipelines/record"
	"parley/sql/transform"
)

// tagged lands one tag for each of some days from monday on.
func (w *workshop) tagged(tag string, days ...int) {
	w.t.Helper()
	var records []told
	for _, day := range days {
		at := monday.AddDate(0, 0, day-60)
		value := fmt.Sprintf(`{"tag": %q, "user_id": "1", "at": %d}`, tag, at.Unix())
		records = append(records, told{kind: record.KindTag, value: value, place: record.Position{Offset: w.next[record.KindTag] + int64(len(records)), At: at}})
	}
	w.tell(records)
}

func TestGatheredTableIsGoneOnWith(t *testing.T) {
	w := setup(t)
	w.cfg.parts.models = files(
		"marts/tags.sql", "select tag, tagged_at from settled_tags",
		"marts/users.sql", "select person_id, key as user_id from identity", "marts/companies.sql", "select null::varchar as company_id where false")
	w.cfg.parts.checks = nil
	w.cfg.parts.gather = gathering{files: 3, beside: 3, besideFiles: 2}
	gathered := func(r Result) string {
		return filepath.Join(r.Dir, transform.StateDir, "inputs", "settled_tags.parquet")
	}
	same := func(a, b os.FileInfo) bool { return os.SameFile(a, b) }
	stat := func(r Result) os.FileInfo {
		info, err := os.Stat(gathered(r))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	asAtOnce := func(what string, r Result) {
		t.Helper()
		cfg := w.cfg
		cfg.Full, cfg.AsOf = true, monday
		cfg.Now = func() time.Time { return monday.Add(time.Hour) }
		full, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		sameMarts(t, what, r.Dir, full.Dir)
	}

	w.tagged("early", 0, 1)
	few := w.build()
	if _, err := os.Stat(gathered(few)); err == nil {
		t.Error("a table of two files was gathered")
	}
	w.tagged("early", 2, 3, 4, 5, 6, 7)
	first := w.build()
	base := stat(first)
	w.tagged("late", 3) // its file replaces one whose rows are gathered
	second := w.build()
	if !same(base, stat(second)) {
		t.Error("one file more was no reason to gather all anew")
	}
	if n := second.Build.Rows["tags"]; n != 9 {
		t.Errorf("%d tags, want 9", n)
	}
	w.tagged("late", 9) // a date of its own
	third := w.build()
	if !same(base, stat(third)) || third.Build.Rows["tags"] != 10 {
		t.Errorf("two files beside the gathered: %d tags, want 10, gathered anew: %t", third.Build.Rows["tags"], !same(base, stat(third)))
	}
	w.tagged("late", 10)
	fourth := w.build()
	if same(base, stat(fourth)) || fourth.Build.Rows["tags"] != 11 {
		t.Errorf("three files beside the gathered: %d tags, want 11, gathered anew: %t", fourth.Build.Rows["tags"], !same(base, stat(fourth)))
	}
	asAtOnce("gathered", fourth)
}
