package reports

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/reports/chart"
)

var update = flag.Bool("update", false, "write the golden files anew")

// threeWeeks are marts small enough to read: conversation with a week before it,
// a topic and a team more, three days and weeks of users' lives, and an outage
// that goes on.
func threeWeeks() marts {
	m := conversation()
	before := date("2026-06-15")
	m["contacts_weekly"] = append(m["contacts_weekly"], []any{before, 3, 4, 0.75, 1, 1, 0, 0, false, 0.2, 0.5, true})
	m["first_response_weekly"] = append(m["first_response_weekly"], []any{before, 3, 2, 1, 0, 120.0, 7200.0, nil, nil, 1, 1, 2, 2, false})
	m["reply_time_weekly"] = append(m["reply_time_weekly"], []any{before, 5, 300.0, 900.0, false})
	m["topics_weekly"] = append(m["topics_weekly"], []any{before, "billing", "confused", 2, 1}, []any{before, "onboarding", "bug report", 1, 1})
	m["repeat_contacts"] = [][]any{{"confused", 4, 1, 0.25}, {nil, 1, 0, 0.0}}
	m["first_week_contact"] = append(m["first_week_contact"], []any{before, 4, 4, 1, 0.25})
	m["time_to_first_contact"] = [][]any{{0, 5, 1, 0, 0.8}, {1, 4, 0, 2, 0.8}, {2, 2, 1, 1, 0.4}}
	m["contact_tenure"] = [][]any{{-1, 1, nil, nil}, {0, 2, 4, 0.5}, {1, 1, 2, 0.5}, {2, 0, 1, 0.0}}
	m["staffing_settings"] = [][]any{{600.0, 300.0, 0.8, 0.3, 1.0}}
	for cell := range 168 {
		needed, scheduled := 0, any(nil)
		switch cell {
		case 24 + 9:
			needed, scheduled = 3, 1.5
		case 24 + 10:
			needed, scheduled = 1, 1.5
		}
		m["staffing"] = append(m["staffing"], []any{cell/24 + 1, cell % 24, float64(needed) / 8, needed, scheduled})
	}
	m["outage_contacts"] = append(m["outage_contacts"], []any{"Mail late", asOf.Add(-time.Hour), asOf.Add(time.Hour), 9, 2.5, true})
	return m
}

// The options of each page's charts are those of testdata/options: what go-echarts
// makes of the same marts does not change unseen.
func TestOptionsOfEachPage(t *testing.T) {
	t.Parallel()
	happenings := []Happening{{Name: "Launch", At: date("2026-06-17")}}
	for _, file := range []string{"weekly.html", "contacts-by-hour.html", "new-users.html", "customer-life.html", "topics.html", "outages.html"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			drawings := map[string]*chart.Drawing{}
			for _, f := range drawPage(t, threeWeeks(), file, happenings...).Figures {
				for _, v := range f.Views {
					if v.Drawing != nil {
						drawings[v.ID] = v.Drawing
					}
				}
			}
			got, err := json.MarshalIndent(drawings, "", " ")
			if err != nil || len(drawings) == 0 {
				t.Fatalf("%d charts: %v", len(drawings), err)
			}
			for _, innermost := range []*regexp.Regexp{regexp.MustCompile(`\[[^\[\]{}]*\]`), regexp.MustCompile(`\{[^{}]*\}`)} {
				got = innermost.ReplaceAllFunc(got, func(text []byte) []byte { return bytes.Join(bytes.Fields(text), []byte(" ")) }) // a line each
			}
			path := filepath.Join("testdata", "options", strings.TrimSuffix(file, ".html")+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, bytes.TrimSpace(want)) {
				t.Errorf("the options of %s are not those of %s; go test -update writes it anew. They are:\n%s", file, path, got)
			}
		})
	}
}
