package identity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// evidence reads lines: "3 u:1 e:ann@x" is a record of day 3; "merge 5 u:1 u:2"
// says that u:2 was merged into u:1, "undo 6 u:1 u:2" that it was not.
func evidence(lines ...string) *Evidence {
	e := New()
	for _, line := range lines {
		words := strings.Fields(line)
		if words[0] == "merge" || words[0] == "undo" {
			day, _ := strconv.Atoi(words[1])
			e.Merge(Merge{Into: keyOf(words[2]), From: keyOf(words[3]), At: int64(day) * microsPerDay, Undo: words[0] == "undo"})
			continue
		}
		day, _ := strconv.Atoi(words[0])
		e.See(seen(strings.Join(words[1:], " ")), int32(day))
	}
	return e
}

func keyOf(text string) Key {
	kind, key := seen(text).Strongest()
	return Key{kind, key}
}

// told writes whose a key is: "u:1 seen", or "u:1 seen <4 u:2 seen" where it
// moves on day 4.
func told(m *Map, key string) string {
	var rows []Row
	for i := range m.Len() {
		if r := m.Row(i); r.Key == keyOf(key) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return int(a.From) - int(b.From) })
	text := ""
	for i, r := range rows {
		if i > 0 {
			text += fmt.Sprintf(" <%d ", r.From)
			if rows[i-1].To != r.From {
				text += "(a gap) "
			}
		}
		text += r.PersonID + " " + string(r.Why)
	}
	return text
}

func TestRule(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		lines []string
		want  map[string]string
	}{
		{"two user_ids never join by e-mail", []string{"1 u:1 e:office@x", "1 u:2 e:office@x"},
			map[string]string{"u:1": "u:1 itself", "u:2": "u:2 itself", "e:office@x": "e:office@x shared"}},
		{"an e-mail moves on, and belongs to the first at all times before", []string{"1 u:1 e:ann@x", "3 u:1 e:ann@x", "5 u:2 e:ann@x", "9 u:2 e:ann@x"},
			map[string]string{"e:ann@x": "u:1 seen <5 u:2 seen"}},
		{"one day on which it was seen with both is the day on which it moves", []string{"1 u:1 e:ann@x", "5 u:1 e:ann@x", "5 u:2 e:ann@x", "7 u:2 e:ann@x"},
			map[string]string{"e:ann@x": "u:1 seen <5 u:2 seen"}},
		{"a single visit to somebody else's machine moves it until they are back", []string{"1 u:1 a:c", "5 u:2 a:c"},
			map[string]string{"a:c": "u:1 seen <5 u:2 seen"}},
		{"once they are back it is shared", []string{"1 u:1 a:c", "5 u:2 a:c", "6 u:1 a:c"},
			map[string]string{"a:c": "a:c shared"}},
		{"what was shared moves on", []string{"1 u:1 a:c", "5 u:2 a:c", "6 u:1 a:c", "8 u:3 a:c"},
			map[string]string{"a:c": "a:c shared <8 u:3 seen"}},
		{"and becomes shared after it was one's", []string{"1 u:3 a:c", "2 u:1 a:c", "5 u:2 a:c", "6 u:1 a:c"},
			map[string]string{"a:c": "u:3 seen <2 a:c shared"}},
		{"one cookie that gave two e-mails is one lead", []string{"1 a:c e:one@x", "9 a:c e:two@x"},
			map[string]string{"a:c": "e:one@x lead", "e:one@x": "e:one@x lead", "e:two@x": "e:one@x lead"}},
		{"a lead moves with the key by which it belongs", []string{"1 u:1 e:ann@x", "2 a:c e:ann@x", "5 u:2 e:ann@x", "6 a:c e:ann@x"},
			map[string]string{"e:ann@x": "u:1 seen <5 u:2 seen", "a:c": "u:1 linked <6 u:2 linked"}},
		{"what links through a shared key stays by itself", []string{"1 u:1 e:team@x", "1 u:2 e:team@x", "2 e:team@x a:c"},
			map[string]string{"e:team@x": "e:team@x shared", "a:c": "a:c itself"}},
		{"placeholders join nobody", []string{"1 u:undefined e:ann@x", "1 u:undefined e:bob@x", "1 u:0 a:c", "2 a:None s:5", "2 u:1 a:None"},
			map[string]string{"u:undefined": "u:undefined odd", "u:0": "u:0 odd", "e:ann@x": "e:ann@x itself", "e:bob@x": "e:bob@x itself", "a:c": "a:c itself", "a:None": "a:None odd", "s:5": "s:5 itself"}},
		{"a merge joins two user_ids, and what both were seen with is theirs", []string{"1 u:1 e:ann@x a:c", "1 u:2 a:c", "3 u:2 e:b@x", "merge 9 u:1 u:2"},
			map[string]string{"u:2": "u:1 merged", "u:1": "u:1 itself", "a:c": "u:1 seen", "e:b@x": "u:1 seen"}},
		{"a lead does not outlive a user", []string{"1 u:1", "1 e:lead@x a:c", "merge 2 e:lead@x u:1"},
			map[string]string{"u:1": "u:1 itself", "e:lead@x": "u:1 merged", "a:c": "u:1 merged"}},
		{"undone by other keys of the two, whichever way round", []string{"1 u:1 e:ann@x", "1 u:2 e:bob@x", "merge 2 e:ann@x u:2", "undo 3 e:bob@x u:1"},
			map[string]string{"u:2": "u:2 itself", "e:bob@x": "u:2 seen", "e:ann@x": "u:1 seen"}},
		{"undoing one of two leaves the other", []string{"1 u:1", "1 u:2", "1 u:3", "merge 2 u:1 u:2", "merge 3 u:2 u:3", "undo 4 u:1 u:2"},
			map[string]string{"u:1": "u:1 itself", "u:2": "u:2 itself", "u:3": "u:2 merged"}},
		{"merged again after it was undone", []string{"1 u:1", "1 u:2", "merge 2 u:1 u:2", "undo 3 u:1 u:2", "merge 4 u:2 u:1"},
			map[string]string{"u:1": "u:2 merged", "u:2": "u:2 itself"}},
		{"a merge of somebody whom nobody knows says nothing", []string{"1 u:1", "merge 2 u:1 u:9", "merge 2 u:0 u:1"},
			map[string]string{"u:1": "u:1 itself", "u:9": ""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				m, got := evidence(c.lines...).Resolve(), map[string]string{}
				for key := range c.want {
					got[key] = told(m, key)
				}
				if diff := gocmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				slices.Reverse(c.lines) // of merges the instants count, not their order
			}
		})
	}
}

// Undoing gives exactly the rows there would be had there been no merge.
func TestUndoRestores(t *testing.T) {
	t.Parallel()
	lines := []string{"1 u:1 e:ann@x a:c", "2 u:2 a:c", "3 u:1 a:c", "3 a:c s:9", "4 u:3 e:ann@x", "4 e:lead@x s:8"}
	rows := func(m *Map) (rows []Row) {
		for i := range m.Len() {
			r := m.Row(i)
			r.Circle, r.Plain = 0, false // of these the circle tells what there was to look at
			rows = append(rows, r)
		}
		return sorted(rows)
	}
	want := rows(evidence(lines...).Resolve())
	got := rows(evidence(append(lines, "merge 5 u:1 u:2", "merge 6 u:3 e:lead@x", "undo 7 e:lead@x u:3", "undo 7 u:2 u:1")...).Resolve())
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if slices.Equal(want, rows(evidence(append(lines, "merge 5 u:1 u:2")...).Resolve())) {
		t.Error("the merge changed nothing")
	}
}

// One key with 100,000 links is stopped, and those that it was seen with are apart.
func TestTooManyLinks(t *testing.T) {
	t.Parallel()
	e := New()
	for i := range 100_000 {
		e.See(seen(fmt.Sprintf("e:%d@x a:bot", i)), int32(i%30))
		e.See(seen(fmt.Sprintf("u:guest a:cookie%d", i)), int32(i%30))
	}
	for i := range MostLinks {
		e.See(seen(fmt.Sprintf("a:kiosk e:kiosk%d@x", i)), 3)
	}
	for i := range 5 * MostLinks { // often, and always with the same
		e.See(seen("u:1 e:ann@x a:mine"), int32(i))
	}
	m := e.Resolve()
	for key, want := range map[string]string{
		"a:bot": "a:bot stopped", "e:7@x": "e:7@x itself", "u:guest": "u:guest stopped", "a:cookie7": "a:cookie7 itself",
		"e:kiosk7@x": "e:kiosk0@x lead", "e:ann@x": "u:1 seen", "a:mine": "u:1 seen",
	} {
		if got := told(m, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
