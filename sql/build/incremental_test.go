package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/officehours"
	"parley/sql/warehouse"
)

// tell puts records into the lake.
func (w *workshop) tell(records []told) {
	w.t.Helper()
	landTold(w, record.KindUser, records, func(u *record.User, r told) error { return u.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindCompany, records, func(c *record.Company, r told) error { return c.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindEvent, records, func(e *record.Event, r told) error { return e.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindConversation, records, func(c *record.Conversation, r told) error { return c.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindTag, records, func(g *record.Tag, r told) error { return g.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindEnrichment, records, func(e *record.Enrichment, r told) error { return e.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindDelivery, records, func(d *record.Delivery, r told) error { return d.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindMerge, records, func(m *record.Merge, r told) error { return m.Decode([]byte(r.value), r.place) })
	landTold(w, record.KindTombstone, records, func(g *record.Tombstone, r told) error {
		g.KafkaOffset, g.KafkaAt, g.Key = r.place.Offset, r.place.At, r.key
		g.Kind = map[byte]record.Kind{'3': record.KindUser, 's': record.KindUser, 'c': record.KindCompany, 'v': record.KindConversation}[r.key[0]]
		return nil
	})
}

func landTold[T any](w *workshop, kind record.Kind, records []told, decode func(*T, told) error) {
	w.t.Helper()
	var rows []T
	for _, r := range records {
		if r.kind != kind {
			continue
		}
		var row T
		if err := decode(&row, r); err != nil {
			w.t.Fatalf("%s: %v", r.value, err)
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		landRows(w, kind, rows)
	}
}

// another is a lake of its own, built in the same way.
func (w *workshop) another() *workshop {
	w.t.Helper()
	l, err := lake.Open(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	other := &workshop{t: w.t, lake: l, next: map[record.Kind]int64{}, cfg: w.cfg}
	other.cfg.Lake = l
	return other
}

// sameMarts compares all marts of two builds, row by row.
func sameMarts(t *testing.T, what, a, b string) {
	t.Helper()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "1GB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	marts := martsIn(t, a)
	if other := martsIn(t, b); !slices.Equal(marts, other) {
		t.Fatalf("%s: the marts are %v and %v", what, marts, other)
	}
	for _, mart := range marts {
		read := make([]string, 2)
		for i, dir := range []string{a, b} {
			files, err := filepath.Glob(filepath.Join(dir, mart, "*.parquet"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: mart %s: %v, %v", what, mart, files, err)
			}
			columns, err := engine.Describe(ctx, "select * from "+warehouse.FromFiles(files))
			if err != nil {
				t.Fatal(err)
			}
			list := make([]string, len(columns))
			for k, c := range columns {
				list[k] = warehouse.Ident(c.Name)
				if c.Type == "DOUBLE" {
					list[k] = "printf('%.9g', " + list[k] + ") as " + list[k]
				}
			}
			read[i] = "select " + strings.Join(list, ", ") + " from " + warehouse.FromFiles(files)
		}
		for i, side := range []string{"only step by step", "only at once"} {
			found, err := engine.Query(ctx, fmt.Sprintf("(%s) except all (%s)", read[i], read[1-i]))
			if err != nil {
				t.Errorf("%s: mart %s: %v", what, mart, err)
				break
			}
			for _, row := range found.Rows[:min(3, len(found.Rows))] {
				t.Errorf("%s: mart %s, %s: %v", what, mart, side, row)
			}
		}
	}
}

func martsIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var marts []string
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' && !strings.HasPrefix(e.Name(), "segment_") {
			marts = append(marts, e.Name())
		}
	}
	return marts
}

// TestStepByStepIsAtOnce holds a chain of builds, each going on from the one
// before, beside builds from nothing of the same records: after every step all
// marts have the same rows, whatever came late, twice or out of order, also as
// as_of moves forth and back, and as what the workspace has chosen changes.
// PARLEY_SEED brings one history back; PARLEY_STEPS makes it longer.
func TestStepByStepIsAtOnce(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1}
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	}
	steps := 7
	if text := os.Getenv("PARLEY_STEPS"); text != "" {
		var err error
		if steps, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			from, to := time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)
			teller := newTeller(seed, from, to)
			w := setup(t)
			w.cfg.Engine.Threads = 2 // models run at once
			// All of our models, always by what was touched, and from gathered tables.
			w.cfg.parts = parts{touched: 1000, partRows: 40, gather: gathering{files: 3, beside: 2, besideFiles: 5}}
			w.cfg.Settings.OfficeHours = teller.schedule()
			w.cfg.Settings.Geography = "../../testdata/geography/GeoIP2-City-Test.mmdb"
			w.cfg.Settings.Teams, w.cfg.Settings.Topics = []string{"billing", "onboarding"}, []string{"bug report", "confused"}
			ways := map[string]map[string]bool{}
			reasons := map[string][]string{}
			for step := range steps {
				var records []told
				for range []int{900, 60, 5, 40, 0, 30, 200}[step%7] {
					records = append(records, teller.next())
				}
				w.tell(records)
				w.cfg.AsOf = to.Add(time.Duration(teller.IntN(30)-25) * 24 * time.Hour).Add(time.Duration(teller.IntN(86400)) * time.Second)
				if step%4 == 3 {
					teller.choose(&w.cfg.Settings)
				}
				chained := w.build()
				for _, m := range chained.Build.Models {
					if ways[m.Name] == nil {
						ways[m.Name] = map[string]bool{}
					}
					ways[m.Name][m.How] = true
					if step > 0 && m.How == "whole" {
						reasons[m.Name] = append(reasons[m.Name], fmt.Sprint(step, ": ", m.Reason))
					}
				}
				anew := w.another()
				anew.cfg.parts = parts{}
				teller.Shuffle(len(teller.told), func(i, j int) { teller.told[i], teller.told[j] = teller.told[j], teller.told[i] })
				anew.tell(teller.told)
				whole := anew.build()
				sameMarts(t, fmt.Sprintf("seed %d, step %d", seed, step), chained.Dir, whole.Dir)
				if t.Failed() {
					return
				}
			}
			if testing.Verbose() {
				for name, how := range ways {
					t.Log(name, how, reasons[name])
				}
			}
		})
	}
}

// choose changes some of the things that a workspace chooses.
func (t *teller) choose(s *Settings) {
	for range 2 {
		switch t.IntN(11) {
		case 0:
			s.Timezone = t.pick("Europe/Dublin", "America/New_York", "Australia/Lord_Howe")
		case 1:
			s.WeekStarts = t.pick("monday", "sunday", "wednesday")
		case 2:
			s.Bots = []string{t.pick("Fin", "Zoe", "id:1")}
		case 3:
			s.Topics = []string{"bug report", t.pick("confused", "billing", "onboarding")}
		case 4:
			s.Zones = []string{t.pick("Asia/Tokyo", "America/New_York")}
		case 5:
			s.Teams = [][]string{nil, {"billing"}, {"billing", "onboarding"}}[t.IntN(3)]
		case 6:
			from := t.at()
			s.Outages = append(s.Outages, Outage{Name: t.pick("slow", "down"), From: from, To: from.Add(time.Duration(1+t.IntN(50)) * time.Hour)})
		case 7:
			s.Geography = t.pick("", "../../testdata/geography/GeoIP2-City-Test.mmdb")
		case 8:
			s.Enrichment = map[string][]string{"name": {t.pick("own", "clearbit"), "fullcontact"}}
		default:
			s.OfficeHours = t.schedule()
			s.Cover = []officehours.Cover{{Schedule: *t.schedule(), Agents: float64(t.IntN(4))}}
		}
	}
}

// schedule is one of a few weeks of office hours.
func (t *teller) schedule() *officehours.Schedule {
	spec := officehours.Spec{Timezone: t.pick("Europe/Dublin", "America/New_York", "Australia/Lord_Howe"), Holidays: []string{t.pick("2026-03-17", "2026-04-06")}}
	for day := range 5 {
		spec.Days[day] = []string{t.pick("08:00-12:00", "10:30-12:30"), t.pick("13:00-17:00", "13:30-24:00")}
	}
	spec.Days[6] = []string{"00:00-04:00"} // the hours in which clocks change
	schedule, err := officehours.Parse(spec)
	if err != nil {
		panic(err)
	}
	return &schedule
}
