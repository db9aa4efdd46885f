package build

import (
	"strings"
	"testing"
	"time"

	"parley/pipelines/record"
)

// Each address is looked up once, and as soon as there is a database.
func TestAddressesHaveAPlace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.cfg.parts = parts{} // all of our models
	seen := func(id, ip string, at time.Time) {
		e := record.Event{EventID: id, EventName: "page_view", OccurredAt: at, IP: ip}
		e.UserID, e.KafkaAt, e.KafkaOffset = id, monday, w.next[record.KindEvent]
		landRows(w, record.KindEvent, []record.Event{e})
	}
	ask := func(want string) {
		t.Helper()
		w.build()
		if got := w.ask("select user_id, city, country, timezone from users order by user_id"); got != want {
			t.Errorf("users: %s, want %s", got, want)
		}
	}
	seen("1", "81.2.69.142", monday.Add(-3*time.Hour))
	ask(`[["1",null,null,null]]`)
	w.cfg.Settings.Geography = "../../testdata/geography/GeoIP2-City-Test.mmdb"
	ask(`[["1","London","United Kingdom","Europe/London"]]`)
	seen("2", "89.160.20.128", monday.Add(-2*time.Hour))
	seen("3", "81.2.69.142", monday.Add(-2*time.Hour))
	ask(`[["1","London","United Kingdom","Europe/London"],["2","Linköping","Sweden","Europe/Stockholm"],["3","London","United Kingdom","Europe/London"]]`)
	w.cfg.Settings.Geography = ""
	ask(`[["1",null,null,null],["2",null,null,null],["3",null,null,null]]`)
	w.cfg.Settings.Geography = "no.mmdb"
	if _, err := Run(t.Context(), w.cfg); err == nil || !strings.Contains(err.Error(), "no.mmdb: there is no such file") {
		t.Errorf("without the file: %v", err)
	}
}
