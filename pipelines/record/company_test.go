package record_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func TestCompanyDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, json string
		want       record.Company
	}{
		{"by its id", `{"company_id":6,"name":"Six"}`, record.Company{CompanyID: "6", Name: "Six"}},
		{"source_id stands in", `{"source_id":"66f"}`, record.Company{CompanyID: "66f", SourceID: "66f"}},
		{"and so does id", `{"type":"company","id":"66f"}`, record.Company{CompanyID: "66f", SourceID: "66f"}},
		{"all that a company knows",
			`{"company_id":"c1","plan":"team","monthly_spend":99.50,"currency":" eur","created_at":1234567890,"updated_at":"2026-01-31","stage":"trial","tags":["a"],"industry":"care"}`,
			record.Company{CompanyID: "c1", Plan: "team", MonthlySpend: "99.5", Currency: "EUR", CreatedAt: at("2009-02-13T23:31:30Z"),
				EffectiveAt: at("2026-01-31T00:00:00Z"), Stage: "trial", Tags: `["a"]`, CustomAttributes: `{"industry":"care"}`}},
		{"plan as Intercom's object", `{"company_id":"c1","plan":{"type":"plan","id":"13","name":"small"}}`, record.Company{CompanyID: "c1", Plan: "small"}},
		{"plan as a number", `{"company_id":"c1","plan":39}`, record.Company{CompanyID: "c1", Plan: "39"}},
		{"an empty plan says nothing", `{"company_id":"c1","plan":{}}`, record.Company{CompanyID: "c1"}},
		{"null clears", `{"company_id":"c1","plan":null,"monthly_spend":null,"currency":null,"created_at":null,"stage":"","subscriptions":null}`,
			record.Company{CompanyID: "c1", Cleared: `["created_at","currency","monthly_spend","plan","stage","subscriptions"]`}},
		{"a stage among the attributes", `{"company_id":"c1","custom_attributes":{"Stage":"CUST"}}`, record.Company{CompanyID: "c1", Stage: "CUST"}},
		{"an amount as text, exactly", `{"company_id":"c1","monthly_spend":"1234567.10"}`, record.Company{CompanyID: "c1", MonthlySpend: "1234567.1"}},
		{"an amount with an exponent", `{"company_id":"c1","monthly_spend":1.5e3}`, record.Company{CompanyID: "c1", MonthlySpend: "1500"}},
		{"a third, as JavaScript writes it", `{"company_id":"c1","monthly_spend":33.333333333333336}`, record.Company{CompanyID: "c1", MonthlySpend: "33.333333333333336"}},
		{"nothing to pay is not unknown", `{"company_id":"c1","monthly_spend":0}`, record.Company{CompanyID: "c1", MonthlySpend: "0"}},
		{"made where it comes from, if no other time is given", `{"company_id":"c1","remote_created_at":1234567890}`,
			record.Company{CompanyID: "c1", CreatedAt: at("2009-02-13T23:31:30Z")}},
		{"what Intercom counts is no attribute", `{"company_id":"c1","session_count":2,"user_count":3,"last_request_at":1234567890,"segments":{},"app_id":"x","size":12}`,
			record.Company{CompanyID: "c1", CustomAttributes: `{"size":12}`}},
		{"an empty list of subscriptions is said", `{"company_id":"c1","subscriptions":[]}`, record.Company{CompanyID: "c1", Subscriptions: `[]`}},
		{"subscriptions, each value in one form",
			`{"company_id":"c1","subscriptions":[{"id":7,"amount":"49.00","currency":"usd","quantity":3,"interval":"Year","interval_count":1,"started_at":1234567890,"ended_at":null,"trial_ends_at":"2009-02-14","discount_percent":10,"plan":"team","seat":"x"}]}`,
			record.Company{CompanyID: "c1", Subscriptions: `[{"amount":"49","currency":"USD","discount_percent":"10","id":"7","interval":"year","interval_count":"1","plan":"team","quantity":"3","seat":"x","started_at":"2009-02-13T23:31:30Z","trial_ends_at":"2009-02-14T00:00:00Z"}]`}},
		{"an interval of null is a charge that does not come again", `{"company_id":"c1","subscriptions":[{"id":"s","amount":10,"interval":null}]}`,
			record.Company{CompanyID: "c1", Subscriptions: `[{"amount":"10","id":"s"}]`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got record.Company
			if err := got.Decode([]byte(test.json), position); err != nil {
				t.Fatal(err)
			}
			test.want.Landed = landed
			if test.want.EffectiveAt.IsZero() {
				test.want.EffectiveAt = kafkaAt
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(record.Company{}, "RecordID")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompanyInsideAUserIsACompany(t *testing.T) {
	t.Parallel()
	var user record.User
	if err := user.Decode([]byte(`{"user_id":"u1","company":{"name":"Burns' Burgers","created_at":1365816852,"plan":39,"lifetime_revenue":195}}`), position); err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	unmarshal(t, user.Companies, &list)
	var got record.Company
	if err := got.Decode(list[0], position); err != nil {
		t.Fatal(err)
	}
	want := record.Company{Landed: landed, RecordID: got.RecordID, CompanyID: "Burns' Burgers", EffectiveAt: kafkaAt, Name: "Burns' Burgers", Plan: "39",
		CreatedAt: at("2013-04-13T01:34:12Z"), CustomAttributes: `{"lifetime_revenue":195}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEqualSubscriptionsAreTwo(t *testing.T) {
	t.Parallel()
	var got, again record.Company
	json := []byte(`{"company_id":"c1","subscriptions":[{"amount":10,"interval":"month"},{"amount":10,"interval":"month"}]}`)
	if err := got.Decode(json, position); err != nil {
		t.Fatal(err)
	}
	if err := again.Decode(json, position); err != nil {
		t.Fatal(err)
	}
	var list []struct{ ID string }
	unmarshal(t, got.Subscriptions, &list)
	if len(list) != 2 || len(list[0].ID) != 32 || list[0].ID == list[1].ID {
		t.Errorf("ids in %s, want two that differ", got.Subscriptions)
	}
	if got.Subscriptions != again.Subscriptions {
		t.Errorf("the same record again gives %s after %s", again.Subscriptions, got.Subscriptions)
	}
}
