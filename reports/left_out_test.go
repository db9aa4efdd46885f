package reports

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/sql/models"
)

// Every figure and reason that a model writes into left_out has words of its own
// on the pages: no name of a column is read there.
func TestLeftOutIsInWords(t *testing.T) {
	t.Parallel()
	literals := regexp.MustCompile(`'([a-z]+(?:_[a-z]+)*)'( as figure)?`)
	figures, reasons := map[string]bool{}, map[string]bool{}
	for _, file := range []string{"marts/left_out.sql", "intermediate/int_contacts__left_out.sql", "intermediate/int_users__left_out.sql"} {
		text, err := fs.ReadFile(models.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, found := range literals.FindAllStringSubmatch(line, -1) {
				switch {
				case strings.HasPrefix(line, "--"):
				case found[2] != "":
					figures[found[1]] = true
				case strings.Contains(line, "then '"+found[1]) || strings.Contains(line, "else '"+found[1]) || strings.Contains(line, "'"+found[1]+"' as reason"):
					reasons[found[1]] = true
				}
			}
		}
	}
	if len(figures) < 10 || len(reasons) < 15 {
		t.Fatalf("the models were read as having figures %v and reasons %v", figures, reasons)
	}
	for figure := range figures {
		if figureNames[figure] == "" {
			t.Errorf("left_out has the figure %s, for which the pages have no words", figure)
		}
	}
	for reason := range reasons {
		if reasonNames[reason] == "" && !slices.ContainsFunc(slices.Collect(maps.Keys(reasonNames)), func(known string) bool { return strings.HasSuffix(known, " "+reason) }) {
			t.Errorf("left_out has the reason %s, for which the pages have no words", reason)
		}
	}
	// The reasons of tag_violations are those of topics_weekly too.
	text, err := fs.ReadFile(models.FS, "marts/tag_violations.sql")
	if err != nil {
		t.Fatal(err)
	}
	accepted := regexp.MustCompile(`check reason: .*accepted\(([^)]*)\)`).FindSubmatch(text)
	if accepted == nil {
		t.Fatal("tag_violations does not say which reasons there are")
	}
	for _, reason := range strings.Split(string(accepted[1]), ", ") {
		if reasonNames[reason] == "" {
			t.Errorf("tag_violations has the reason %s, for which the pages have no words", reason)
		}
	}
}

// What a figure leaves out stands beside it, in all and of late.
func TestLeftOutStandsBesideItsFigure(t *testing.T) {
	t.Parallel()
	m := lifelike()
	m["left_out"] = [][]any{
		{"first_week_contact", date("2026-06-29"), "first_week_not_over", 12},
		{"first_week_contact", date("2025-03-03"), "deleted_in_first_week", 4},
		{"time_to_first_contact", nil, "no_sign_up_date", 7},
		{"contact_tenure", date("2026-06-22"), "week_not_over", 5}, {"contact_tenure", date("2026-02-02"), "week_not_over", 6},
		{"reply_time_weekly", date("2026-06-22"), "unanswered", 2}, {"repeat_contacts", date("2026-02-02"), "unanswered", 3},
		{"theirs", date("2026-02-02"), "of_another_world", 1},
	}
	dir := write(t, m)
	has(t, dir, "new-users.html",
		"Of all the history: 4 new users who were deleted in their first week (0 in the last four weeks); 12 new users whose first week is not over (12 in the last four weeks).",
		"Of all the history: 7 people without a date of sign-up (0 in the last four weeks).")
	has(t, dir, "customer-life.html", "Of all the history: 11 in a week of life that the user has not lived to its end (5 in the last four weeks).")
	has(t, dir, "weekly.html", "Of all the history: 2 messages that nobody has replied to yet: no time (2 in the last four weeks).")
	has(t, dir, "topics.html", "Of all the history: 3 answered by nobody, so that nobody could come back after it (0 in the last four weeks).")
	has(t, dir, "index.html", "<bdi>New users who write in their first week</bdi>", "<bdi>of another world</bdi>")
}
