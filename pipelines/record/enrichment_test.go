package record_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/pipelines/record"
)

func TestEnrichmentDecode(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		json string
		want record.Enrichment
	}{
		"of a person": {`{"source":" FullContact ","email":"Ann@X.example","updated_at":"2026-01-31","attributes":{"Followers":12,"title":null}}`,
			record.Enrichment{Source: "fullcontact", Keys: record.Keys{Email: "ann@x.example"}, EffectiveAt: at("2026-01-31T00:00:00Z"), Attributes: `{"followers":12,"title":null}`}},
		"of a company": {`{"source":"clearbit","company_id":6,"attributes":{"size":50,"stage":"seed"}}`,
			record.Enrichment{Source: "clearbit", CompanyID: "6", EffectiveAt: kafkaAt, Attributes: `{"size":50,"stage":"seed"}`}},
	} {
		var got record.Enrichment
		if err := got.Decode([]byte(test.json), position); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		test.want.Landed = landed
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(record.Enrichment{}, "RecordID")); diff != "" || got.RecordID == "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEnrichmentRefuses(t *testing.T) {
	t.Parallel()
	for json, want := range map[string]string{
		`{"email":"a@x.example","attributes":{"a":1}}`:                                    "needs source",
		`{"source":"Own","email":"a@x.example","attributes":{"a":1}}`:                     "what the company itself sends",
		`{"source":"c","attributes":{"a":1}}`:                                             "needs one of user_id",
		`{"source":"c","email":"a@x.example","company_id":6,"attributes":{"a":1}}`:        "send one for each",
		`{"source":"c","email":"a@x.example"}`:                                            "needs attributes",
		`{"source":"c","email":"a@x.example","attributes":[]}`:                            "needs attributes",
		`{"source":"c","email":"a@x.example","attributes":{}}`:                            "needs attributes",
		`{"source":"c","email":"a@x.example","attributes":{"":1}}`:                        "empty name",
		`{"source":"` + strings.Repeat("c", 1025) + `","user_id":1,"attributes":{"a":1}}`: "at most 1024",
	} {
		var row record.Enrichment
		if err := row.Decode([]byte(json), position); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", json, err, want)
		}
	}
}
