package models_test

import (
	"slices"
	"strings"
	"testing"

	"parley/sql/transform"
	"parley/sql/warehouse"
)

// columns are those that users, their scripts and their dashboards rely on.
// More may come; none of these may go or change its name.
var columns = map[string]string{
	"users": `person_id user_id email name signed_up_at first_seen_at last_seen_at sessions city country timezone stage
		stage_since relationship last_contacted_at last_heard_from_at unsubscribed_from_emails
		first_referrer first_landing_page first_source first_medium first_campaign`,
	"companies":   "company_id name plan monthly_spend currency mrr stage stage_since created_at users sessions events contacts last_seen_at",
	"events":      "event_id event_name person_id user_id occurred_at metadata",
	"memberships": "person_id user_id company_id joined_at left_at",
	"sessions":    "person_id user_id started_at ended_at page_views source medium campaign landing_page referrer",
	"conversations": `conversation_id person_id user_id company_id initiated_by channel created_at first_contact_at
		first_response_at last_response_at first_response_seconds first_response_office_seconds seconds_to_first_close
		seconds_to_last_close office_seconds_to_first_close office_seconds_to_last_close first_closed_at last_closed_at state reopened team topic`,
	"conversation_parts": "part_id conversation_id person_id user_id part_type author_type author_id created_at body tags",
	"contacts":           "conversation_id person_id user_id contacted_at week_start weekday hour last_response_at team topic",
	"contacts_weekly": `week_start contacts active_users contacts_per_active_user usual_contacts_per_active_user upper_limit is_sharp_rise
		contacts_by_inactive_users outbound_replies reopened is_partial`,
	"first_response_weekly": `week_start contacts answered unanswered median_seconds p90_seconds median_office_seconds
		p90_office_seconds within_5m within_1h within_8h within_24h is_partial`,
	"reply_time_weekly":         "week_start replies median_seconds p90_seconds median_office_seconds p90_office_seconds is_partial",
	"first_week_contact":        "week_start new_users mature_users contacted rate immature_users contacted_before is_partial",
	"contact_tenure":            "tenure_week contacts users_at_risk contacts_per_user contacts_not_over",
	"time_to_first_contact":     "days at_risk contacted censored survival",
	"repeat_contacts":           "topic contacts repeated rate not_over unanswered unnamed",
	"outage_contacts":           "outage from to contacts usual_contacts usual_weeks outage_topic_contacts is_partial",
	"topics_weekly":             "week_start team topic messages contacts is_partial",
	"topic_messages":            "conversation_id part_id person_id user_id written_at week_start team topic is_contact",
	"tag_violations":            "conversation_id part_id person_id user_id written_at week_start teams topics reason",
	"staffing":                  "weekday hour contacts_per_hour offered_load agents_needed agents_scheduled gap",
	"staffing_zones":            "zone weekday hour contacts_per_hour offered_load agents_needed agents_scheduled gap",
	"contacts_by_hour":          "weekday hour contacts occurrences contacts_per_occurrence",
	"contacts_by_hour_zones":    "zone weekday hour contacts occurrences contacts_per_occurrence",
	"mrr_monthly":               "month currency starting new reactivation expansion contraction churn ending customers",
	"deliveries":                "message person_id user_id entry channel decision reason decided_at sent_at",
	"delivery_decisions":        "message person_id user_id entry channel decision reason decided_at sent_at",
	"identity_map":              "key_kind key person_id user_id valid_from valid_to why",
	"identity_conflicts":        "key_kind key conflict user_ids links first_seen_at last_seen_on",
	"left_out":                  "figure week_start reason n",
	"tags":                      "person_id user_id tag tagged_at",
	"first_touches":             "person_id user_id first_touch_at landing_page referrer source medium campaign",
	"landing_pages":             "landing_page people signed_up people_who_wrote contacts contacts_per_person",
	"contacts_by_first_touch":   "channel referrer_site landing_page campaign contacts people",
	"stage_changes":             "entity id stage former_stage entered_at left_at next_stage seconds",
	"person_events_daily":       "occurred_on person_id user_id event_name events first_at last_at",
	"company_events_daily":      "occurred_on company_id event_name events people first_at last_at",
	"enrichments":               "entity id source name value value_type observed_at",
	"enriched_attributes":       "entity id name own_value value value_type source sources",
	"attribute_catalogue":       "entity name column_name type first_seen_at last_seen_at observations filled conflicts value_types",
	"person_attribute_history":  "person_id user_id name is_custom value value_type observed_at seq",
	"company_attribute_history": "company_id name is_custom value value_type observed_at seq",
	"person_keys":               "person_id user_id key_kind key first_seen_at",
}

// described gives the columns of every model, over source tables without rows.
func described(t *testing.T) (*transform.Graph, map[string][]warehouse.Column) {
	t.Helper()
	engine := open(t)
	graph := load(t, engine)
	shapes, err := graph.Shapes(t.Context(), engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range shapes.Faults {
		t.Error(fault)
	}
	return graph, shapes.Columns
}

func TestMartsHaveTheirColumns(t *testing.T) {
	t.Parallel()
	_, models := described(t)
	for mart, names := range columns {
		for _, name := range strings.Fields(names) {
			if !slices.ContainsFunc(models[mart], func(c warehouse.Column) bool { return c.Name == name }) {
				t.Errorf("mart %s has no column %s", mart, name)
			}
		}
	}
}

// What is read in pandas or Spark must not depend on how an engine writes a
// HUGEINT, and a local time without its zone says nothing.
func TestMartsHavePlainTypes(t *testing.T) {
	t.Parallel()
	graph, models := described(t)
	for _, m := range graph.Models {
		for _, c := range models[m.Name] {
			if m.Layer == transform.Mart && (c.Type == "HUGEINT" || c.Type == "TIMESTAMP" || c.Type == "\"NULL\"") {
				t.Errorf("%s: column %s is %s", m.File, c.Name, c.Type)
			}
		}
	}
}

func TestEveryModelSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	graph, models := described(t)
	for _, m := range graph.Models {
		if m.Header.Grain == "" || m.Header.Text == "" {
			t.Errorf("%s: its header names no grain, or says nothing in words", m.File)
		}
		for _, note := range m.Header.Columns {
			if !slices.ContainsFunc(models[m.Name], func(c warehouse.Column) bool { return c.Name == note.Column }) {
				t.Errorf("%s: its header explains a column %s that it does not have", m.File, note.Column)
			}
		}
		if m.Layer != transform.Mart {
			continue
		}
		if len(m.Header.Key) == 0 {
			t.Errorf("%s: a mart without a key", m.File)
		}
		for _, c := range models[m.Name] {
			if !slices.ContainsFunc(m.Header.Columns, func(n transform.Note) bool { return n.Column == c.Name }) {
				t.Errorf("%s: its header does not explain column %s", m.File, c.Name)
			}
		}
		if slices.ContainsFunc(models[m.Name], func(c warehouse.Column) bool { return c.Name == "user_id" }) &&
			!slices.ContainsFunc(models[m.Name], func(c warehouse.Column) bool { return c.Name == "person_id" }) {
			t.Errorf("%s: a user_id without a person_id: leads and visitors have none", m.File)
		}
	}
}
