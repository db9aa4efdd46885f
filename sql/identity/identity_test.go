package identity

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// seen makes a combination from "u:1 e:ann@example.com s:x a:cookie".
func seen(text string) (c record.Keys) {
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

func resolve(combos []record.Keys) []Row {
	e := New()
	for _, c := range combos {
		e.See(c, 0)
	}
	m := e.Resolve()
	rows := make([]Row, m.Len())
	for i := range rows {
		rows[i] = m.Row(i)
	}
	return sorted(rows)
}

func sorted(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Key.Key, b.Key.Key), cmp.Compare(a.From, b.From))
	})
	return rows
}

func people(rows []Row) map[string]string {
	letters := map[record.KeyKind]string{record.ByUserID: "u:", record.ByEmail: "e:", record.BySourceID: "s:", record.ByAnonymousID: "a:"}
	m := map[string]string{}
	for _, r := range rows {
		m[letters[r.Kind]+r.Key.Key] = r.PersonID
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
			var combos []record.Keys
			for _, text := range c.combos {
				combos = append(combos, seen(text))
			}
			if diff := gocmp.Diff(c.want, people(resolve(combos))); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
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
		var combos []record.Keys
		for range 5 + random.IntN(20) {
			c := seen(key("u:", 0.3) + key("e:", 0.5) + key("s:", 0.4) + key("a:", 0.6))
			if kind, _ := c.Strongest(); kind == "" {
				continue
			}
			combos = append(combos, c)
		}
		want := resolve(combos)
		for _, r := range want {
			if r.Kind == record.ByUserID && r.PersonID != "u:"+r.Key.Key {
				t.Fatalf("seed %d: user %s is %s", seed, r.Key, r.PersonID)
			}
		}
		for range 5 {
			random.Shuffle(len(combos), func(i, j int) { combos[i], combos[j] = combos[j], combos[i] })
			again := append(combos[:len(combos):len(combos)], combos[:random.IntN(len(combos)+1)]...)
			if diff := gocmp.Diff(want, resolve(again)); diff != "" {
				t.Fatalf("seed %d: another order gives another map (-want +got):\n%s", seed, diff)
			}
		}
	}
}

// What the engine hands over and takes back is what was seen one by one.
func TestThroughTheEngine(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "512MB", Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	// Many more than the engine gives at once, a third of them with one key alone.
	const people = 150_000
	query := fmt.Sprintf(`select case when i %% 3 > 0 then 'user ' || i end as user_id, case when i %% 3 = 1 then i || '@x' else '' end as email,
		null::varchar as source_id, case when i %% 3 <> 1 then 'cookie number ' || i end as anonymous_id, timestamptz '1970-01-01' as at from range(%d) t(i)`, people)
	e := New()
	if err := e.Read(ctx, engine, query); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity.parquet")
	n, err := Write(ctx, engine, path, nil, e.Resolve())
	if err != nil {
		t.Fatal(err)
	}
	type written struct {
		KeyKind  record.KeyKind `parquet:"key_kind"`
		Key      string         `parquet:"key"`
		PersonID string         `parquet:"person_id"`
		From     *int32         `parquet:"valid_from,optional"`
		To       *int32         `parquet:"valid_to,optional"`
		Why      Why            `parquet:"why"`
		Hash     int64          `parquet:"hash"`
		Circle   int64          `parquet:"circle"`
		Plain    bool           `parquet:"plain"`
	}
	rows, err := parquet.ReadFile[written](path)
	if err != nil || int64(len(rows)) != n {
		t.Fatalf("%d rows of %d, error %v", len(rows), n, err)
	}
	got := make([]Row, len(rows))
	for i, r := range rows {
		got[i] = Row{Key{r.KeyKind, r.Key}, r.PersonID, Always, Always, r.Why, r.Hash, r.Circle, r.Plain}
	}
	var combos []record.Keys
	for i := range people {
		switch i % 3 {
		case 0:
			combos = append(combos, seen(fmt.Sprintf("a:cookie_number_%d", i)))
		case 1:
			combos = append(combos, seen(fmt.Sprintf("u:user_%d e:%d@x", i, i)))
		case 2:
			combos = append(combos, seen(fmt.Sprintf("u:user_%d a:cookie_number_%d", i, i)))
		}
	}
	for i := range combos {
		combos[i].UserID, combos[i].AnonymousID = strings.ReplaceAll(combos[i].UserID, "_", " "), strings.ReplaceAll(combos[i].AnonymousID, "_", " ")
	}
	if want := resolve(combos); !slices.Equal(want, sorted(got)) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	if err := New().Read(ctx, engine, "select 1 from nowhere"); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a table that is not there: %v", err)
	}
}

func TestNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "256MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	path := filepath.Join(t.TempDir(), "identity.parquet")
	if n, err := Write(ctx, engine, path, nil, New().Resolve()); err != nil || n != 0 {
		t.Errorf("%d rows, error %v", n, err)
	}
	if got, err := engine.Query(ctx, "select key_kind, key, person_id, circle from "+warehouse.FromFiles([]string{path})); err != nil || len(got.Rows) != 0 {
		t.Errorf("%v, error %v", got, err)
	}
}
