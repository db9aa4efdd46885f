package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"parley/sql/transform"
)

// oneConversation is all that there is: user 1 signs up on Sunday 31 May at noon,
// asks on Monday 1 June at 09:00, is answered at 09:30; on Tuesday at 10:00 it is
// closed. The first message is tagged billing and confused. An outage is declared
// on that Monday from 08:00 to 10:00. It is Wednesday 10 June, noon, and UTC.
var oneConversation = map[string]string{
	"settings":              "as_of\n2026-06-10T12:00:00Z\n",
	"settled_conversations": "conversation_id,key_kind,key,created_at\na,user_id,1,2026-06-01T09:00:00Z\n",
	"settled_conversation_parts": `part_id,conversation_id,part_type,author_type,created_at,has_text,is_source
1,a,source,user,2026-06-01T09:00:00Z,true,true
2,a,comment,admin,2026-06-01T09:30:00Z,true,false
3,a,close,admin,2026-06-02T10:00:00Z,false,false
`,
	"settled_part_tags": "conversation_id,part_id,tag\na,1,billing\na,1,confused\n",
	"settled_person_attributes": `key_kind,key,name,value,value_type,is_custom,at,seq
user_id,1,signed_up_at,2026-05-31T12:00:00Z,text,false,2026-05-31T12:00:00Z,0
`,
	"teams":             "tag\nbilling\n",
	"topics":            "tag\nconfused\n",
	"outages":           "outage,started_at,ended_at\nSearch down,2026-06-01T08:00:00Z,2026-06-01T10:00:00Z\n",
	"staffing_settings": "handling_seconds,answer_within_seconds,target,shrinkage,concurrency\n600,300,0.8,0.3,1\n",
	"staffing_capacity": "places,contacts_per_hour\n1,1.7\n2,5\n",
}

// wantOfOne are the rows of each mart of support, by hand.
var wantOfOne = map[string]string{
	// 25 hours from the question to the close.
	"conversations": `conversation_id,initiated_by,first_response_seconds,first_response_office_seconds,seconds_to_first_close,seconds_to_last_close,office_seconds_to_first_close,state,reopened,team,topic
a,person,1800,,90000,90000,,closed,0,billing,confused
`,
	"conversation_parts": "conversation_id,part_id,part_type\na,1,source\na,2,comment\na,3,close\n",
	"contacts":           "conversation_id,user_id,contacted_at,week_start,weekday,hour,team,topic\na,1,2026-06-01T09:00:00Z,2026-06-01,1,9,billing,confused\n",
	// Nobody had an event: nobody was active, and there is no ratio.
	"contacts_weekly": `week_start,contacts,active_users,contacts_per_active_user,contacts_by_inactive_users,outbound_replies,reopened,is_partial
2026-06-01,1,0,,1,0,0,false
2026-06-08,0,0,,0,0,0,true
`,
	"first_response_weekly": `week_start,contacts,answered,unanswered,bot_only,median_seconds,p90_seconds,median_office_seconds,within_5m,within_1h,within_8h,within_24h,is_partial
2026-06-01,1,1,0,0,1800,1800,,0,1,1,1,false
2026-06-08,0,0,0,0,,,,0,0,0,0,true
`,
	"reply_time_weekly": "week_start,replies,median_seconds,p90_seconds,median_office_seconds,is_partial\n2026-06-01,1,1800,1800,,false\n2026-06-08,0,,,,true\n",
	// Sunday 31 May is in the week of 25 May, and its seven days are over on 7 June.
	"first_week_contact": `week_start,new_users,mature_users,immature_users,contacted,rate,contacted_before,is_partial
2026-05-25,1,1,0,1,1,0,false
2026-06-01,0,0,0,0,,0,false
2026-06-08,0,0,0,0,,0,true
`,
	// Ten days: one whole week of life. The contact is 21 hours after sign-up, on day 0.
	"contact_tenure":        "tenure_week,contacts,users_at_risk,contacts_per_user,contacts_not_over\n0,1,1,1,0\n",
	"time_to_first_contact": "days,at_risk,contacted,censored,survival\n0,1,1,0,0\n",
	// Its seven days after the answer are over, on 8 June at 09:30.
	"repeat_contacts": "topic,contacts,repeated,rate,not_over,unanswered,unnamed\nconfused,1,0,0,0,0,0\n",
	// A week before lies before the first contact's day: there is nothing to hold it beside.
	"outage_contacts": "outage,contacts,usual_contacts,usual_weeks,outage_topic_contacts,is_partial\nSearch down,1,,0,0,false\n",
	"topics_weekly":   "week_start,team,topic,messages,contacts,is_partial\n2026-06-01,billing,confused,1,1,false\n2026-06-08,billing,confused,0,0,true\n",
	"topic_messages":  "conversation_id,part_id,team,topic,is_contact\na,1,billing,confused,true\n",
	"tag_violations":  "conversation_id,part_id,reason\n",
	"left_out":        "figure,week_start,reason,n\ncontacts_per_active_user,2026-06-01,by_inactive_user,1\n",
	// Monday 1 June 00:00 to Wednesday 10 June 12:00: Monday, Tuesday, and Wednesday up to noon, twice.
	"contacts_by_hour": hourly("weekday,hour,contacts,occurrences,contacts_per_occurrence", func(weekday, hour int) string {
		times := 1
		if weekday <= 2 || weekday == 3 && hour < 12 {
			times = 2
		}
		if weekday == 1 && hour == 9 {
			return "1,2,0.5"
		}
		return fmt.Sprintf("0,%d,0", times)
	}),
	"contacts_by_hour_zones": "zone,weekday,hour,contacts,occurrences\n", // no zone is named for the reports
	// The days that are over are Monday 1 to Tuesday 9 June. One contact in two hours is one place: 1 / 0.7, two agents. No cover is named.
	"staffing": hourly("weekday,hour,contacts_per_hour,offered_load,agents_needed,agents_scheduled,gap", func(weekday, hour int) string {
		if weekday == 1 && hour == 9 {
			return fmt.Sprintf("0.5,%.12g,2,,", 0.5/6)
		}
		return "0,0,0,,"
	}),
	"staffing_zones": "zone,weekday,hour,agents_needed\n",
}

func hourly(header string, row func(weekday, hour int) string) string {
	lines := []string{header}
	for weekday := 1; weekday <= 7; weekday++ {
		for hour := range 24 {
			lines = append(lines, fmt.Sprintf("%d,%d,%s", weekday, hour, row(weekday, hour)))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// readBy are the tables that a model reads, at whatever distance.
func readBy(graph *transform.Graph, model string) map[string]bool {
	read := map[string]bool{}
	todo := []string{model}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		for _, m := range graph.Models {
			if m.Name != name {
				continue
			}
			for _, table := range m.Reads {
				if !read[table] {
					read[table] = true
					todo = append(todo, table)
				}
			}
		}
	}
	return read
}

// TestNothingAndOne runs every mart over nothing at all, which gives no row and no
// fault, and the marts of support over one conversation.
func TestNothingAndOne(t *testing.T) {
	t.Parallel()
	engine := open(t)
	graph := load(t, engine)
	shapes, err := graph.Shapes(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	put := func(name, text string) { files[name] = &fstest.MapFile{Data: []byte(text)} }
	var marts []string
	for _, m := range graph.Models {
		if m.Layer != transform.Mart {
			continue
		}
		marts = append(marts, m.Name)
		var header []string
		for _, c := range shapes.Columns[m.Name] {
			header = append(header, c.Name)
		}
		put(m.Name+"/nothing/want.csv", strings.Join(header, ",")+"\n")
	}
	for mart, want := range wantOfOne {
		if !slices.Contains(marts, mart) {
			t.Errorf("there is no mart %s", mart)
		}
		put(mart+"/one/want.csv", want)
		for table := range readBy(graph, mart) {
			if rows, ok := oneConversation[table]; ok {
				put(mart+"/one/given/"+table+".csv", rows)
			}
		}
	}
	all, err := transform.Cases(files, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := len(marts) + len(wantOfOne); len(all) != want {
		t.Fatalf("%d cases, want %d", len(all), want)
	}
	suite := transform.NewSuite(graph, shapes, files, "")
	for _, c := range all {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			result, err := suite.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if err := result.Fault(); err != nil {
				t.Error(err)
			}
		})
	}
}
