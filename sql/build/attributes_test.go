package build

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"parley/pipelines/broker"
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

// A thousand attributes of people, and of companies, go the whole way from the
// broker to columns of their own types.
func TestAThousandAttributes(t *testing.T) {
	t.Parallel()
	tell := func(kind record.Kind, key, id string, attributes map[string]any) broker.Message {
		value, err := json.Marshal(map[string]any{key: id, "name": "the name of " + id, "updated_at": asOf.Add(-time.Hour).Unix(), "custom_attributes": attributes})
		if err != nil {
			t.Fatal(err)
		}
		return broker.Message{Kind: kind, Key: id, Value: value, At: asOf.Add(-time.Hour)}
	}
	// Of each four one is a number, one yes or no, one a time and one text. The
	// second person has every third of them.
	all, some := map[string]any{}, map[string]any{}
	for i := range 1000 {
		name, value := fmt.Sprintf("attribute %d", i), any(i)
		switch i % 4 {
		case 1:
			value = i%8 == 1
		case 2:
			name, value = name+"_at", asOf.Add(-time.Duration(i)*time.Minute).Unix()
		case 3:
			value = fmt.Sprintf("text %d", i)
		}
		all[name] = value
		if i%3 == 0 {
			some[name] = value
		}
	}
	w := setup(t)
	w.lake = lakeOf(t, brought{
		tell(record.KindUser, "user_id", "1", all), tell(record.KindUser, "user_id", "2", some), tell(record.KindUser, "user_id", "3", nil),
		tell(record.KindCompany, "company_id", "c", all), tell(record.KindCompany, "company_id", "d", some),
	})
	w.cfg.Lake, w.cfg.AsOf, w.cfg.parts = w.lake, asOf, parts{} // all of our models
	w.build()
	// 600 is a multiple of 3, so is 999; 1 and 998 are not.
	const columns = `"attribute 600", "attribute 1", extract(epoch from "attribute 998_at")::bigint, "attribute 999", "attribute 0"`
	const whole, every3rd = `600,true,%d,"text 999",0]`, `600,null,null,"text 999",0]`
	first := fmt.Sprintf(whole, asOf.Add(-998*time.Minute).Unix())
	for query, want := range map[string]string{
		"select user_id, " + columns + " from users order by user_id":                                   `[["1",` + first + `,["2",` + every3rd + `,["3",null,null,null,null,null]]`,
		"select company_id, " + columns + " from companies order by company_id":                         `[["c",` + first + `,["d",` + every3rd + `]`,
		"select entity, type, count(*), sum(filled) from attribute_catalogue group by all order by all": catalogueOfAThousand,
	} {
		if got := w.ask(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// Of 0 to 999 each kind has 250; 334 are multiples of 3: 84 of the form 4k (0, 12,
// … 996), 83 each of 4k+1 (9 … 993) and 4k+2 (6 … 990), 84 of 4k+3 (3 … 999).
const catalogueOfAThousand = `[["company","boolean",250,333],["company","number",250,334],["company","text",250,334],["company","time",250,333],` +
	`["person","boolean",250,333],["person","number",250,334],["person","text",250,334],["person","time",250,333]]`
