package build

import (
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
