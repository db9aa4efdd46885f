package settle

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// TestEngineReadsTheTables opens the settled tables, with rows and without, in
// the engine that the models run on.
func TestEngineReadsTheTables(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := newLander(t)
	for _, filled := range []bool{false, true} {
		rows := 0
		if filled {
			rows = 1
			l.land(0,
				event(`{"id":"a","event_name":"x","created_at":"2026-03-01T10:00:00.123456Z","user_id":"1"}`),
				user(`{"user_id":"1","updated_at":"2026-03-01T10:00:00Z","name":"Ann","companies":[{"company_id":"acme"}]}`),
				company(`{"company_id":"acme","id":"530","name":"Acme","subscriptions":[{"amount":1,"interval":"month","started_at":0}]}`),
				conversation(`{"id":"7","tags":["bug"],"source":{"body":"hi","created_at":1772323200,"author":{"type":"user","id":"1"}}}`),
				message{kind: record.KindTag, value: `{"tag":"vip","user_id":"1","at":1772323200}`},
				message{kind: record.KindEnrichment, value: `{"source":"clearbit","user_id":"1","attributes":{"size":1}}`},
				message{kind: record.KindDelivery, value: `{"decision_id":"d","message":"m","person_id":"u:1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-03-01T10:00:00Z"}`},
				message{kind: record.KindMerge, value: `{"into":{"user_id":"1"},"from":{"email":"ann@x"},"at":1772323200}`},
				message{kind: record.KindUser, key: "9"},
			)
		}
		m := l.settle()
		engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "512MB", Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, schema := range warehouse.SourceSchemas() {
			paths, ours := m.Tables[schema.Table]
			if !ours {
				if strings.HasPrefix(schema.Table, "settled_") {
					t.Errorf("the models read %s, which is not settled", schema.Table)
				}
				continue
			}
			if err := engine.ViewFiles(ctx, schema.Table, paths); err != nil {
				t.Fatal(err)
			}
			answer, err := engine.Query(ctx, "select * from "+schema.Table)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, c := range schema.Columns {
				want = append(want, c.Name+" "+strings.Replace(c.Type, "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", 1))
			}
			for _, c := range answer.Columns[:min(len(want), len(answer.Columns))] { // what we add for ourselves comes last
				got = append(got, c.Name+" "+strings.Replace(c.Type, "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", 1))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-wanted by the models +settled):\n%s", schema.Table, diff)
			}
			if len(answer.Rows) < rows || !filled && len(answer.Rows) > 0 {
				t.Errorf("%s: %d rows", schema.Table, len(answer.Rows))
			}
		}
		if filled {
			answer, err := engine.Query(ctx, `select occurred_at::varchar from settled_events union all select started_at::varchar from settled_subscriptions`)
			if err != nil || fmt.Sprint(answer.Rows) != "[[2026-03-01 10:00:00.123456+00] [1970-01-01 00:00:00+00]]" {
				t.Errorf("times are %v, error %v", answer, err)
			}
		}
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}
}
