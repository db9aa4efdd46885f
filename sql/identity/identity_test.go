package identity

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/record"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// seen makes a combination from "u:1 e:ann@example.com s:x a:cookie".
func seen(text string) Combination {
	c := Combination{FirstAt: noon}
	for key := range strings.FieldsSeq(text) {
		switch letter, value := key[:2], key[2:]; letter {
		case "u:":
			c.UserID = value
		case "e:":
			c.Email = value
		case "s:":
			c.SourceID = value
		case "a:":
			c.AnonymousID = value
		}
	}
	return c
}

func people(rows []Row) map[string]string {
	letters := map[record.KeyKind]string{record.ByUserID: "u:", record.ByEmail: "e:", record.BySourceID: "s:", record.ByAnonymousID: "a:"}
	m := map[string]string{}
	for _, r := range rows {
		m[letters[r.KeyKind]+r.Key] = r.PersonID
	}
	return m
}

func TestResolve(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		combos []string
		want   map[string]string
	}{
		{"nothing", nil, map[string]string{}},
		{"a user id is a person", []string{"u:1"}, map[string]string{"u:1": "u:1"}},
		{"keys seen with one user id belong to it",
			[]string{"u:1 e:ann@x s:530", "u:1 a:cookie"},
			map[string]string{"u:1": "u:1", "e:ann@x": "u:1", "s:530": "u:1", "a:cookie": "u:1"}},
		{"a lead is named by the strongest of its keys",
			[]string{"s:530 a:cookie", "s:530 e:lead@x"},
			map[string]string{"s:530": "e:lead@x", "a:cookie": "e:lead@x", "e:lead@x": "e:lead@x"}},
		{"a lead without an e-mail address", []string{"s:530 a:cookie"},
			map[string]string{"s:530": "s:530", "a:cookie": "s:530"}},
		{"one cookie that gave two addresses is one person, named by the smaller",
			[]string{"a:cookie e:two@x", "a:cookie e:one@x"},
			map[string]string{"a:cookie": "e:one@x", "e:one@x": "e:one@x", "e:two@x": "e:one@x"}},
		{"a shared mailbox joins nobody and is a person of its own",
			[]string{"u:1 e:office@x", "u:2 e:office@x"},
			map[string]string{"u:1": "u:1", "u:2": "u:2", "e:office@x": "e:office@x"}},
		{"a shared machine joins no lead to anybody",
			[]string{"u:1 a:kiosk", "u:2 a:kiosk", "a:kiosk e:lead@x"},
			map[string]string{"u:1": "u:1", "u:2": "u:2", "a:kiosk": "a:kiosk", "e:lead@x": "e:lead@x"}},
		{"a lead's group goes to the one user id it touches",
			[]string{"a:old e:ann@x", "u:1 e:ann@x", "a:old s:530"},
			map[string]string{"u:1": "u:1", "e:ann@x": "u:1", "a:old": "u:1", "s:530": "u:1"}},
		{"a group between two user ids goes to neither",
			[]string{"u:1 e:ann@x", "u:2 e:bob@x", "a:cookie e:ann@x", "a:cookie e:bob@x", "a:cookie s:530"},
			map[string]string{"u:1": "u:1", "u:2": "u:2", "e:ann@x": "u:1", "e:bob@x": "u:2", "a:cookie": "s:530", "s:530": "s:530"}},
		{"a link between what belongs to two user ids changes nothing",
			[]string{"u:1 e:ann@x", "u:2 a:cookie", "e:ann@x a:cookie"},
			map[string]string{"u:1": "u:1", "u:2": "u:2", "e:ann@x": "u:1", "a:cookie": "u:2"}},
		{"a longer chain to one user id",
			[]string{"u:1 e:a@x", "e:a@x a:c1", "a:c1 s:s1", "s:s1 a:c2", "a:c2 e:b@x"},
			map[string]string{"u:1": "u:1", "e:a@x": "u:1", "a:c1": "u:1", "s:s1": "u:1", "a:c2": "u:1", "e:b@x": "u:1"}},
		{"the same text as two kinds of key is two keys", []string{"u:1", "s:1"},
			map[string]string{"u:1": "u:1", "s:1": "s:1"}},
		{"repetitions change nothing", []string{"u:1 e:ann@x", "u:1 e:ann@x", "u:1"},
			map[string]string{"u:1": "u:1", "e:ann@x": "u:1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var combos []Combination
			for _, text := range c.combos {
				combos = append(combos, seen(text))
			}
			if diff := cmp.Diff(c.want, people(Resolve(combos, noon))); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveAsOf(t *testing.T) {
	t.Parallel()
	lead, signUp := seen("e:ann@x a:cookie"), seen("u:1 e:ann@x")
	signUp.FirstAt = noon.Add(time.Hour)
	combos := []Combination{signUp, lead}
	cases := []struct {
		asOf time.Time
		want map[string]string
	}{
		{noon.Add(-time.Microsecond), map[string]string{}},
		{noon, map[string]string{"e:ann@x": "e:ann@x", "a:cookie": "e:ann@x"}},
		{noon.Add(time.Hour), map[string]string{"u:1": "u:1", "e:ann@x": "u:1", "a:cookie": "u:1"}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, people(Resolve(combos, c.asOf))); diff != "" {
			t.Errorf("as of %s (-want +got):\n%s", c.asOf, diff)
		}
	}
}

// TestResolveOrder shuffles what was seen, and holds the promise that two
// different user_ids are never one person.
func TestResolveOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		key := func(kind string, chance float64) string {
			if random.Float64() > chance {
				return ""
			}
			return fmt.Sprintf("%s%d ", kind, random.IntN(8))
		}
		var combos []Combination
		for range 5 + random.IntN(20) {
			c := seen(key("u:", 0.3) + key("e:", 0.5) + key("s:", 0.4) + key("a:", 0.6))
			if kind, _ := c.Strongest(); kind == "" {
				continue
			}
			c.FirstAt = noon.Add(time.Duration(random.IntN(3)) * time.Hour)
			combos = append(combos, c)
		}
		asOf := noon.Add(time.Hour)
		want := Resolve(combos, asOf)
		for _, r := range want {
			if r.KeyKind == record.ByUserID && r.PersonID != "u:"+r.Key {
				t.Fatalf("seed %d: user %s is %s", seed, r.Key, r.PersonID)
			}
		}
		for range 5 {
			random.Shuffle(len(combos), func(i, j int) { combos[i], combos[j] = combos[j], combos[i] })
			again := append(combos[:len(combos):len(combos)], combos[:random.IntN(len(combos)+1)]...)
			if diff := cmp.Diff(want, Resolve(again, asOf)); diff != "" {
				t.Fatalf("seed %d: another order gives another map (-want +got):\n%s", seed, diff)
			}
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	// A date's file each, the earliest neither first nor last.
	var keys []string
	for i, rows := range [][]personKey{
		{{UserID: "1", Email: "ann@x", FirstAt: noon.AddDate(0, 0, 1).UnixMicro()}},
		{{UserID: "1", Email: "ann@x", FirstAt: noon.UnixMicro()}, {AnonymousID: "cookie", SourceID: "530", FirstAt: noon.Add(time.Hour).UnixMicro()}},
		{{UserID: "1", Email: "ann@x", FirstAt: noon.AddDate(0, 0, 2).UnixMicro()}},
	} {
		keys = append(keys, filepath.Join(t.TempDir(), fmt.Sprintf("keys-%d.parquet", i)))
		if err := parquet.WriteFile(keys[i], rows); err != nil {
			t.Fatal(err)
		}
	}
	combos, err := Read(keys)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(combos, func(a, b Combination) int { return a.FirstAt.Compare(b.FirstAt) })
	late := seen("a:cookie s:530")
	late.FirstAt = noon.Add(time.Hour)
	if diff := cmp.Diff([]Combination{seen("u:1 e:ann@x"), late}, combos); diff != "" {
		t.Errorf("combinations (-want +got):\n%s", diff)
	}

	table := filepath.Join(t.TempDir(), "identity.parquet")
	want := Resolve(combos, noon)
	if err := Write(table, want); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.ReadFile[Row](table)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identity table (-want +got):\n%s", diff)
	}
	if err := Write(table, want); err == nil || !strings.Contains(err.Error(), "identity.parquet") {
		t.Errorf("writing over a table: error %v, want one that names it", err)
	}
}

func TestReadNamesTheDamagedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "torn.parquet")
	if err := parquet.WriteFile(path, []personKey{{UserID: "1"}}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 3, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:size], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read([]string{path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%d of %d bytes: error %v, want one that names %s", size, len(whole), err, path)
		}
	}
}

func TestWriteNoRows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "identity.parquet")
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := parquet.ReadFile[Row](path); err != nil || len(got) != 0 {
		t.Errorf("empty table: %d rows, error %v", len(got), err)
	}
}
