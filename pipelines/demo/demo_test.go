package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/pipelines/demo"
	"parley/pipelines/record"
)

var asOf = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

// whole is the history of the size that is shown, made once for all tests.
var whole = sync.OnceValue(func() []demo.Record {
	var records []demo.Record
	err := demo.Generate(demo.Config{AsOf: asOf, Seed: 1}, func(r demo.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return records
})

func fingerprint(t *testing.T, cfg demo.Config) string {
	t.Helper()
	hash := sha256.New()
	err := demo.Generate(cfg, func(r demo.Record) error {
		hash.Write([]byte(string(r.Kind) + "\x00" + r.Key + "\x00" + r.At.Format(time.RFC3339Nano) + "\x00"))
		hash.Write(r.Value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func TestSameConfigurationSameBytes(t *testing.T) {
	t.Parallel()
	small := demo.Config{AsOf: asOf, Seed: 7, Users: 200, Companies: 20, Conversations: 300}
	first := fingerprint(t, small)
	if again := fingerprint(t, small); again != first {
		t.Errorf("two runs of one configuration differ: %s and %s", first, again)
	}
	elsewhere := small
	elsewhere.AsOf = asOf.In(time.FixedZone("", 9*3600)).Add(300 * time.Millisecond) // the same second in other words
	if same := fingerprint(t, elsewhere); same != first {
		t.Errorf("the zone of AsOf changes the history")
	}
	other := small
	other.Seed = 8
	if fingerprint(t, other) == first {
		t.Errorf("another seed gives the same history")
	}
}

func TestDefaultsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	hash := func(cfg demo.Config) string { return fingerprint(t, cfg) }
	if hash(demo.Config{AsOf: asOf}) != hash(demo.Config{AsOf: asOf, Users: 3000, Companies: 300, Conversations: 6000}) {
		t.Error("zero sizes are not 3000, 300 and 6000")
	}
}

func TestOrderTimesAndCounts(t *testing.T) {
	t.Parallel()
	story, err := demo.Facts(demo.Config{AsOf: asOf, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[record.Kind]int{}
	last := time.Time{}
	for i, r := range whole() {
		counts[r.Kind]++
		if r.At.Before(last) {
			t.Fatalf("record %d at %s comes after one at %s", i, r.At, last)
		}
		last = r.At
		if !r.At.Before(asOf) || r.At.Before(story.Span.From) {
			t.Fatalf("record %d at %s lies outside the history", i, r.At)
		}
		if r.At.Location() != time.UTC || r.At.Nanosecond()%1e6 != 0 {
			t.Fatalf("record %d at %s is not in whole milliseconds of UTC", i, r.At)
		}
	}
	if total := len(whole()); total > 300_000 || total < 150_000 {
		t.Errorf("%d records; want between 150000 and 300000", total)
	}
	for kind, least := range map[record.Kind]int{
		record.KindUser: 6000, record.KindCompany: 1000, record.KindEvent: 120_000, record.KindConversation: 15_000, record.KindTag: 100,
	} {
		if counts[kind] < least {
			t.Errorf("%d %s; want at least %d", counts[kind], kind, least)
		}
	}
	if len(counts) != 5 {
		t.Errorf("kinds are %v; want five", counts)
	}
}

func TestEveryRecordDecodes(t *testing.T) {
	t.Parallel()
	decode := map[record.Kind]func(value []byte, at record.Position) error{
		record.KindUser: func(value []byte, at record.Position) error {
			var r record.User
			return r.Decode(value, at)
		},
		record.KindCompany: func(value []byte, at record.Position) error {
			var r record.Company
			return r.Decode(value, at)
		},
		record.KindEvent: func(value []byte, at record.Position) error {
			var r record.Event
			return r.Decode(value, at)
		},
		record.KindConversation: func(value []byte, at record.Position) error {
			var r record.Conversation
			err := r.Decode(value, at)
			if err == nil && (r.SourceID == "" || r.Parts == "" || r.CreatedAt.After(asOf)) {
				err = errors.New("has no person, no parts or no beginning")
			}
			return err
		},
		record.KindTag: func(value []byte, at record.Position) error {
			var r record.Tag
			return r.Decode(value, at)
		},
	}
	for _, r := range whole() {
		if !json.Valid(r.Value) {
			t.Fatalf("%s is not JSON: %s", r.Kind, r.Value)
		}
		if err := decode[r.Kind](r.Value, record.Position{At: r.At}); err != nil {
			t.Fatalf("%s: %v: %s", r.Kind, err, r.Value)
		}
		if key := record.KeyOf(r.Kind, r.Value); key != r.Key || key == "" {
			t.Fatalf("%s has key %q; want %q: %s", r.Kind, r.Key, key, r.Value)
		}
	}
}

func TestAddressesAreExamples(t *testing.T) {
	t.Parallel()
	for _, r := range whole() {
		for rest := string(r.Value); ; {
			_, after, found := strings.Cut(rest, "@")
			if !found {
				break
			}
			domain, _, _ := strings.Cut(after, `"`)
			if !strings.HasSuffix(domain, ".example") {
				t.Fatalf("an address at %q: %s", domain, r.Value)
			}
			rest = after
		}
	}
}

func TestSmallAndOddSizes(t *testing.T) {
	t.Parallel()
	for _, cfg := range []demo.Config{
		{AsOf: asOf, Users: 1, Companies: 1, Conversations: 1},
		{AsOf: asOf, Users: 1, Companies: 50, Conversations: 40},
		{AsOf: time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC), Users: 40, Companies: 40, Conversations: 60},
		{AsOf: time.Date(2025, 3, 30, 1, 30, 0, 0, time.UTC), Users: 150, Companies: 9, Conversations: 100},
		{AsOf: time.Date(2025, 10, 26, 12, 0, 0, 0, time.UTC), Users: 90, Companies: 30, Conversations: 80},
	} {
		last := time.Time{}
		err := demo.Generate(cfg, func(r demo.Record) error {
			if r.At.Before(last) || !r.At.Before(cfg.AsOf) || !json.Valid(r.Value) {
				t.Fatalf("%+v: bad record at %s: %s", cfg, r.At, r.Value)
			}
			last = r.At
			return nil
		})
		if err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	err := demo.Generate(demo.Config{Users: -1, Conversations: 2_000_000}, func(demo.Record) error { return nil })
	want := "demo: AsOf is not set; pass the instant at which the history ends\n" +
		"demo: Users is -1; pass 0 for the default, or up to 1000000\n" +
		"demo: Conversations is 2000000; pass 0 for the default, or up to 1000000"
	if err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
	full := errors.New("full")
	calls := 0
	err = demo.Generate(demo.Config{AsOf: asOf, Users: 20, Conversations: 20}, func(demo.Record) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls; want the error of emit after one", err, calls)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if err := demo.Generate(demo.Config{AsOf: asOf, Seed: 1}, func(demo.Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
