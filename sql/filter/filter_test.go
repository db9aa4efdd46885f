package filter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/sql/filter"
)

var catalogue = filter.NewCatalogue(
	[]filter.Field{
		{Name: "plan", Column: "plan", Type: filter.TypeText},
		{Name: "city", Column: "city", Type: filter.TypeText},
		{Name: "sessions", Column: "sessions", Type: filter.TypeNumber},
		{Name: "admin", Column: "admin", Type: filter.TypeBoolean},
		{Name: "signed_up_at", Column: "signed_up_at", Type: filter.TypeTime},
		{Name: "invites sent", Column: "invites sent", Type: filter.TypeNumber},
		{Name: `odd"name`, Column: `odd"name`, Type: filter.TypeText},
		{Name: "event", Column: "event", Type: filter.TypeText},
	},
	[]filter.Field{{Name: "plan", Column: "plan", Type: filter.TypeText}, {Name: "mrr", Column: "mrr", Type: filter.TypeNumber}},
)

// Each filter as its author may lay it out, and as it is written back.
var readable = map[string]string{
	`plan is "pro"`:                                                       `plan is "pro"`,
	`PLAN  IS NOT "p""ro"`:                                                `plan is not "p""ro"`,
	`city is one of ("Cork","Dublin")`:                                    `city is one of ("Cork", "Dublin")`,
	`city does not contain "x"`:                                           `city does not contain "x"`,
	"city starts with \"x\"\n or city ends with \"y\"":                    `city starts with "x" or city ends with "y"`,
	`sessions > 100 and (admin is true or plan is unknown)`:               `sessions > 100 and (admin is true or plan is unknown)`,
	`((sessions between -1 and 2.5))`:                                     `sessions between -1 and 2.5`,
	`not (plan is "a" and plan is "b")`:                                   `not (plan is "a" and plan is "b")`,
	`not not admin is not true`:                                           `not not admin is false`,
	`sessions != 1 or sessions <= 2 and sessions >= 3`:                    `sessions != 1 or sessions <= 2 and sessions >= 3`,
	`signed_up_at exactly 7 days ago`:                                     `signed_up_at exactly 7 days ago`,
	`signed_up_at more than 1 week ago`:                                   `signed_up_at more than 1 week ago`,
	`signed_up_at less than 36 hours from now`:                            `signed_up_at less than 36 hours from now`,
	`signed_up_at before 2026-06-30 or signed_up_at is known`:             `signed_up_at before 2026-06-30 or signed_up_at is known`,
	`company.plan is "pro" and company.mrr > 1000`:                        `company.plan is "pro" and company.mrr > 1000`,
	`event "report viewed" count in the last 2 weeks >= 3`:                `event "report viewed" count in the last 14 days >= 3`,
	`event "login" count = 0 and event "login" first more than 1 day ago`: `event "login" count = 0 and event "login" first more than 1 day ago`,
	`event "login" last is unknown and tag is not "vip"`:                  `event "login" last is unknown and tag is not "vip"`,
	`"invites sent" > 4 and "odd""name" contains "ä" and "event" is "x"`:  `"invites sent" > 4 and "odd""name" contains "ä" and "event" is "x"`,
}

func TestWritesBackWhatItRead(t *testing.T) {
	t.Parallel()
	for text, want := range readable {
		node, err := filter.Parse(text, catalogue)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := node.String(); got != want {
			t.Errorf("%s\n  is written back as %s\n  want               %s", text, got, want)
			continue
		}
		again, err := filter.Parse(want, catalogue)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if diff := cmp.Diff(node, again, cmp.Comparer(func(filter.Place, filter.Place) bool { return true })); diff != "" {
			t.Errorf("%s is another tree when read again:\n%s", text, diff)
		}
	}
}

func TestFaultsPointAtThemselves(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:              `1:1: the filter is empty`,
		`plna is "pro"`: `1:1: unknown field "plna"; did you mean "plan"?`,
		"sessions > 1 and\n  company.paln is \"a\"": `2:11: unknown field "company.paln"; did you mean "company.plan"?`,
		`sessions > "many"`:                         `1:12: a number is expected, not "many"`,
		`sessions contains "1"`:                     `1:10: sessions is a number: after it comes =, !=`,
		`plan = "pro"`:                              `1:6: plan is text: after it comes is`,
		`plan is pro`:                               `1:9: plan is wants text between quotes, not "pro"`,
		`plan is "pro`:                              `1:9: the quote that opens here is not closed`,
		`plan is 'pro'`:                             `1:9: text stands between double quotes`,
		`(sessions > 1`:                             `1:14: the bracket of 1:1 is not closed before the end`,
		`sessions > 1 sessions < 2`:                 `1:14: "sessions" is not expected here; join conditions by and, or`,
		`signed_up_at more than 3 moons ago`:        `1:26: "moons" is no unit of time`,
		`signed_up_at exactly 3 hours ago`:          `1:22: exactly means a whole calendar day`,
		`signed_up_at before 2026-02-30`:            `1:21: a date is expected`,
		`signed_up_at more than 99999 days ago`:     `1:24: 99999 days is longer than a hundred years`,
		`event login count > 1`:                     `1:7: write the event's name between quotes`,
		`event "login" often > 1`:                   `1:15: after event "login" comes count, first or last`,
		`admin is "yes"`:                            `1:7: admin is true or false`,
		`and plan is "a"`:                           `1:1: unknown field "and"`,
		`plan is "a" and`:                           `1:16: the end stands where a field is expected`,
		`sessions > 1; drop table users`:            `1:13: ";" means nothing in a filter`,
		`sessions > 1-2`:                            `1:12: a number is expected, not "1-2"`,
		strings.Repeat("(", 200):                    `1:101: more than 100 brackets`,
	} {
		_, err := filter.Parse(text, catalogue)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n  gives %v\n  want  %s", text, err, want)
		}
	}
}

// What a person writes is bound; only the catalogue's columns stand in the SQL.
func TestNothingIsSpliced(t *testing.T) {
	t.Parallel()
	node, err := filter.Parse(`plan is "'; drop table users; --" and event "x' or 1=1" count > 3 and "odd""name" is known`, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	query, values := filter.SQL(node, filter.Moment{AsOf: time.Now(), Zone: time.UTC})
	if strings.Contains(query, "drop") || strings.Contains(query, "1=1") || !strings.Contains(query, `users."odd""name"`) {
		t.Errorf("the SQL is %s", query)
	}
	if got := strings.Count(query, "?"); got != len(values) || got != 3 {
		t.Errorf("%d question marks, %d values: %v", got, len(values), values)
	}
}

func FuzzParse(f *testing.F) {
	for text := range readable {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		node, err := filter.Parse(text, catalogue)
		if err != nil {
			return
		}
		written := node.String()
		again, err := filter.Parse(written, catalogue)
		if err != nil {
			t.Fatalf("%q is written back as %q, which is no filter: %v", text, written, err)
		}
		if again.String() != written {
			t.Fatalf("%q is written back as %q and then as %q", text, written, again.String())
		}
		query, values := filter.SQL(node, filter.Moment{AsOf: time.Unix(1_780_000_000, 0), Zone: time.UTC})
		if strings.Count(query, "?") < len(values) {
			t.Fatalf("%q: %d values for %s", text, len(values), query)
		}
	})
}
