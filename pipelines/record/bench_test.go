package record_test

import (
	"testing"
	"time"

	"parley/pipelines/record"
)

const benchEvent = `{"event_name":"page_view","id":"evt-000000012345","created_at":1751274900,"user_id":"user-1042","email":"someone@company.example","url":"https://app.company.example/schedule/week?from=2026-06-29","referrer":"https://www.search.example/","utm_source":"newsletter","utm_medium":"email","utm_campaign":"june","ip":"192.0.2.17","metadata":{"plan":"team","seats":12}}`

func BenchmarkEventDecode(b *testing.B) {
	at := record.Position{Partition: 1, Offset: 2, At: time.Unix(1751274901, 0)}
	value := []byte(benchEvent)
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	var row record.Event
	for b.Loop() {
		if err := row.Decode(value, at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUserDecode(b *testing.B) {
	at := record.Position{Partition: 1, Offset: 2, At: time.Unix(1751274901, 0)}
	value := []byte(`{"user_id":1042,"email":"someone@company.example","name":"Some One","created_at":1717020719,"last_seen_at":"2026-06-30T09:15:00Z","company":{"id":6,"name":"Company","plan":"team","monthly_spend":99},"teammates":4,"is_admin":true,"custom_attributes":{"favourite_view":"week","seats":12}}`)
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	var row record.User
	for b.Loop() {
		if err := row.Decode(value, at); err != nil {
			b.Fatal(err)
		}
	}
}
