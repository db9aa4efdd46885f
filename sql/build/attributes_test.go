package build

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/pipelines/record"
)

// Custom attributes are columns: a build goes on from one in which there were more
// of them, or fewer.
func TestAttributesComeAndGoBetweenBuilds(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	tell := func(attributes string, at time.Time) {
		user := record.User{RecordID: "r" + attributes, EffectiveAt: at, CustomAttributes: attributes}
		user.UserID, user.KafkaAt, user.KafkaOffset = "1", monday, w.next[record.KindUser]
		landRows(w, record.KindUser, []record.User{user})
	}
	tell(`{"seats": "4"}`, monday.Add(-3*time.Hour))
	w.build()
	tell(`{"plan": "pro"}`, monday.Add(-2*time.Hour))
	w.build()
	if got := w.ask("select seats, plan from users"); got != `[["4","pro"]]` {
		t.Errorf("with a new attribute: %s", got)
	}
	// As of an instant before the second one its column is not there, but the other's.
	w.cfg.AsOf = monday.Add(-150 * time.Minute)
	w.build()
	if got := w.ask("select columns('seats|plan') from users"); got != `[["4"]]` {
		t.Errorf("as of before it: %s", got)
	}
}

// What an attribute was on any past day is asked as the header of
// person_attribute_history says; the catalogue says since when there is one.
func TestAttributesOnAPastDay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	tell := func(id, attributes string, at time.Time) {
		user := record.User{RecordID: id, EffectiveAt: at, CustomAttributes: attributes}
		user.UserID, user.KafkaAt, user.KafkaOffset = "1", monday, w.next[record.KindUser]
		landRows(w, record.KindUser, []record.User{user})
	}
	day := 24 * time.Hour
	tell("a", `{"plan": "free", "seats": 3}`, monday.Add(-9*day))
	tell("c", `{"plan": null}`, monday.Add(-3*day))
	tell("b", `{"plan": "pro", "seats": "three"}`, monday.Add(-6*day)) // late
	w.build()
	for days, want := range map[int]string{10: `[]`, 8: `[["u:1","free"]]`, 6: `[["u:1","free"]]`, 5: `[["u:1","pro"]]`, 1: `[["u:1",null]]`} {
		got := w.ask(`select person_id, value
			from (select person_id, value, row_number() over (partition by person_id order by observed_at desc, seq desc, value desc) as newest_first
				from person_attribute_history where name = 'plan' and observed_at < timestamptz '` + monday.Add(-time.Duration(days)*day).Format(time.RFC3339) + `')
			where newest_first = 1`)
		if got != want {
			t.Errorf("%d days ago: %s, want %s", days, got, want)
		}
	}
	got := w.ask("select name, type, date_diff('day', first_seen_at, last_seen_at), observations, filled, conflicts, value_types from attribute_catalogue")
	if want := `[["plan","text",6,3,0,0,null],["seats","text",3,2,1,0,"text 1"]]`; got != want {
		t.Errorf("the catalogue: %s, want %s", got, want)
	}
}

// A thousand attributes are a thousand columns, from landed records to what is
// asked of the mart; one more that comes later is one more.
func TestAThousandAttributes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	tell := func(person string, attributes ...string) {
		user := record.User{RecordID: "r" + person + attributes[0], EffectiveAt: monday.Add(-3 * time.Hour), CustomAttributes: "{" + strings.Join(attributes, ", ") + "}"}
		user.UserID, user.KafkaAt, user.KafkaOffset = person, monday, w.next[record.KindUser]
		landRows(w, record.KindUser, []record.User{user})
	}
	// By turns text, numbers, yes or no and times; person 2 has every third.
	var all, third []string
	for i := range 1000 {
		text := [...]string{`"a%03d": "word %[1]d"`, `"a%03d": %[1]d.5`, `"a%03d": true`, `"a%03d_at": %[1]d`}[i%4]
		text = fmt.Sprintf(text, i)
		all = append(all, text)
		if i%3 == 0 {
			third = append(third, text)
		}
	}
	tell("1", all...)
	tell("2", third...)
	w.build()
	const columns = "select count(*) from information_schema.columns where table_name = 'users' and regexp_full_match(column_name, 'a[0-9]{3}(_at)?')"
	if got := w.ask(columns); got != "[[1000]]" {
		t.Errorf("columns: %s, want 1000", got)
	}
	const some = `select user_id, a000, a997, a998, cast(epoch(a999_at) as bigint), a001, a995_at is null from users order by user_id`
	if got, want := w.ask(some), `[["1","word 0",997.5,true,999,1.5,false],["2","word 0",null,null,999,null,true]]`; got != want {
		t.Errorf("some of the values: %s, want %s", got, want)
	}
	// Of person 2 the 0th, 3rd, …, 999th: 334.
	const catalogue = `select count(*), cast(sum(filled) as bigint), list(distinct type order by type) from attribute_catalogue`
	if got, want := w.ask(catalogue), `[[1000,1334,["boolean","number","text","time"]]]`; got != want {
		t.Errorf("the catalogue: %s, want %s", got, want)
	}
	tell("3", `"b000": "new"`, `"a999_at": null`)
	w.build()
	if got, want := w.ask("select a000, b000, a999_at from users where user_id = '3'"), `[[null,"new",null]]`; got != want {
		t.Errorf("one more: %s, want %s", got, want)
	}
	if got, want := w.ask(some+" limit 2"), `[["1","word 0",997.5,true,999,1.5,false],["2","word 0",null,null,999,null,true]]`; got != want {
		t.Errorf("those before, after one more: %s, want %s", got, want)
	}
}
