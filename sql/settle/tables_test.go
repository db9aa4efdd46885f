package settle

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	l := newLander(t)
	l.land(0,
		message{kind: "events", value: `{"event_name":"x","created_at":1767225600,"user_id":"1"}`, at: noon},
		message{kind: "users", value: `{"user_id":"1","updated_at":1767225600,"name":"Ann", "plan_at": 1767225600, "companies":[{"company_id":"c","name":"C","updated_at":"bad"}], "tags":["b","a"]}`, at: noon},
		message{kind: "companies", value: `{"company_id":"c","id":"530","plan":"p","subscriptions":[{"id":"s1","amount":"3.50","interval":"month"}]}`, at: noon},
		message{kind: "conversations", value: `{"type":"conversation","id":"7","created_at":1767225600,"updated_at":1767225700,"tags":["q"],"user":{"user_id":"1"},"source":{"body":"<p>hi</p>","author":{"type":"user","id":"5"}},"conversation_parts":{"conversation_parts":[{"id":"9","part_type":"comment","body":"<p> </p>","created_at":1767225650,"tags":{"tags":[{"name":"z"}]}}]}}`, at: noon},
		message{kind: "users", key: "1", at: noon},
	)
	m := l.settle()
	for name, rows := range dump(t, m) {
		t.Log(name)
		for _, row := range rows {
			t.Log("   ", row)
		}
	}
	t.Log(m)
}
