package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/cmd/workspace"
)

// hasNot holds that a page says none of some texts.
func hasNot(t *testing.T, dir, file string, texts ...string) {
	t.Helper()
	page := read(t, dir, file)
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("%s says %q", file, text)
		}
	}
}

// allRead holds what is true of each page, whatever there is to show: no number
// that is none, no name of a column or a type of Go.
func allRead(t *testing.T, dir string) {
	t.Helper()
	for _, r := range all {
		hasNot(t, dir, r.file, "NaN", "Infinity", "+Inf", "%!", "&lt;nil&gt;", "January 0001", "ZgotmplZ")
	}
}

// Without conversations each page of support says what is missing and how it
// comes there; none is empty.
func TestNoConversations(t *testing.T) {
	t.Parallel()
	dir := write(t, noRows())
	allRead(t, dir)
	for file, figures := range map[string]int{"weekly.html": 7, "contacts-by-hour.html": 3, "new-users.html": 2, "customer-life.html": 1, "topics.html": 4, "outages.html": 1} {
		if got := strings.Count(read(t, dir, file), `<div class="missing">`); got != figures {
			t.Errorf("%s: %d figures say what is missing, want %d", file, got, figures)
		}
	}
	const importing = "parley import conversations.json &amp;&amp; parley build &amp;&amp; parley report"
	has(t, dir, "weekly.html", "No conversation has come in yet.", importing)
	has(t, dir, "contacts-by-hour.html", importing)
	has(t, dir, "topics.html", "No conversation has come in yet.", importing)
	has(t, dir, "customer-life.html", "parley import users.json &amp;&amp; parley import conversations.json &amp;&amp; parley build &amp;&amp; parley report")
	has(t, dir, "new-users.html", "parley import users.json &amp;&amp; parley build &amp;&amp; parley report")
	hasNot(t, dir, "topics.html", "Nothing is tagged amiss.", "Tag each")
}

// conversation is a workspace with one: a contact of Tuesday of the last whole
// week, answered after 90 s by somebody in a team, and by nobody else.
func conversation() marts {
	m := noRows()
	monday, at := date("2026-06-22"), date("2026-06-23").Add(8*time.Hour)
	m["contacts_weekly"] = [][]any{{date("2026-06-29"), 0, 0, nil, 0, 0, 0, 0, true, nil, nil, false}, {monday, 1, 1, 1.0, 0, 0, 0, 0, false, nil, nil, false}}
	m["first_response_weekly"] = [][]any{
		{date("2026-06-29"), 0, 0, 0, 0, nil, nil, nil, nil, 0, 0, 0, 0, true},
		{monday, 1, 1, 0, 0, 90.0, 90.0, nil, nil, 1, 1, 1, 1, false},
	}
	m["reply_time_weekly"] = [][]any{{date("2026-06-29"), 0, nil, nil, true}, {monday, 1, 90.0, 90.0, false}}
	m["contacts"] = [][]any{{"1", at, monday, 2, 9, "email", "confused", "billing", true, false}}
	m["conversations"] = [][]any{{"1", at, "open"}}
	m["conversation_parts"] = [][]any{{"p1", "1", at, true, "Where is it?", []string{"confused", "billing"}}}
	m["topic_messages"] = [][]any{{"1", "p1", at, "billing", "confused"}}
	m["topics_weekly"] = [][]any{{date("2026-06-29"), "billing", "confused", 0, 0}, {monday, "billing", "confused", 1, 1}}
	m["repeat_contacts"] = [][]any{{"confused", 1, 0, 0.0}}
	for cell := range 168 {
		n := 0
		if cell == 24+9 {
			n = 1
		}
		m["contacts_by_hour"] = append(m["contacts_by_hour"], []any{cell/24 + 1, cell % 24, n, 2, float64(n) / 2})
	}
	m["first_week_contact"] = [][]any{{date("2026-06-29"), 0, 0, 0, nil}, {monday, 1, 1, 1, 1.0}}
	m["time_to_first_contact"] = [][]any{{0, 1, 1, 0, 0.0}}
	m["contact_tenure"] = [][]any{{0, 1, 1, 1.0}}
	m["outage_contacts"] = [][]any{{"Search down", at.Add(-time.Hour), at.Add(time.Hour), 1, nil, false}}
	m["left_out"] = [][]any{{"contacts_weekly", monday, "begun_by_teammate", 1}}
	return m
}

func TestOneConversation(t *testing.T) {
	t.Parallel()
	dir := write(t, conversation())
	allRead(t, dir)
	has(t, dir, "weekly.html", "1 contact in the week of 22 June 2026.", "half of the answered contacts waited 1 min 30 s or less", "0 of 1 contact had no answer",
		"1 reply in the week of 22 June 2026", "“confused” rose most: 1 after 0 the week before", "Every contact of the last four weeks has an answer.",
		"Of all the history: 1 begun by a teammate: no contact (1 in the last four weeks).")
	has(t, dir, "contacts-by-hour.html", "Tuesday 09:00–10:00, with 0.500 contacts each time")
	has(t, dir, "new-users.html", "100% of 1 person who signed up in the week of 22 June 2026 and whose first week is over wrote within seven days.", "Half of the users have written by day 0 after signing up.")
	has(t, dir, "customer-life.html", "1.00 contacts per user in the first week of life.")
	has(t, dir, "topics.html", "1 message in these weeks; most are about “confused” (100%).", "Where is it?", "Nobody had to write again.", "Nothing is tagged amiss.")
	has(t, dir, "outages.html", "1 contact came in; what is usual in such hours is not known.")
}

// Without a schedule the pages show all else, and the lines to write.
func TestNoSchedule(t *testing.T) {
	t.Parallel()
	m := conversation()
	dir := write(t, m)
	has(t, dir, "weekly.html", "How long people waited in office hours is not known.", "office_hours:\n  default:\n    monday: [&#34;09:00-17:00&#34;]", "Then build:", "parley build &amp;&amp; parley report")
	hasNot(t, dir, "weekly.html", "Median in office hours")
	// With one there are its figures instead.
	m["first_response_weekly"][1][7], m["first_response_weekly"][1][8] = 30.0, 30.0
	dir = write(t, m)
	has(t, dir, "weekly.html", "Median in office hours", "In office hours: half 30 s or less")
	hasNot(t, dir, "weekly.html", "office_hours:")
}

// Where nobody tags, the pages say which lines make tags count.
func TestNoTags(t *testing.T) {
	t.Parallel()
	m := conversation()
	m["topics_weekly"], m["topic_messages"] = nil, nil
	m["repeat_contacts"] = [][]any{{nil, 1, 0, 0.0}}
	m["contacts"][0][6], m["contacts"][0][7] = nil, nil
	m["tag_violations"] = [][]any{{"1", "p1", date("2026-06-23").Add(8 * time.Hour), nil, nil, "untagged"}}
	dir := write(t, m)
	allRead(t, dir)
	has(t, dir, "weekly.html", "No message of these weeks is tagged with one topic and, where parley.yaml names teams, one team.", "topics: [feature request, bug report", "teams: [billing, onboarding]", "1 contact in the week of 22 June 2026.")
	has(t, dir, "topics.html", "No message of these weeks is tagged with one topic and, where parley.yaml names teams, one team.", "No message of the last four weeks is tagged with one topic and, where parley.yaml names teams, one team.", "teams: [billing, onboarding]",
		"1 message or contact is not tagged with one team and one topic.", "<bdi>no message is tagged</bdi>", "<bdi>23 June 2026, 09:00</bdi>", "<bdi>no topic</bdi>")
}

// Topics without a team stand together; words that an import does not hold are said to be missing.
func TestTopicsWithoutTeamsAndTexts(t *testing.T) {
	t.Parallel()
	m := conversation()
	m["topics_weekly"] = [][]any{{date("2026-06-22"), nil, "confused", 1, 1}}
	m["conversation_parts"][0][4] = nil
	dir := write(t, m)
	allRead(t, dir)
	has(t, dir, "topics.html", "No team is known, so all messages are shown together.", "<code>teams: [billing, onboarding]</code>",
		"1 message of the last four weeks with a topic, and the records hold no text of any.")
	hasNot(t, dir, "topics.html", "topics: [feature request")
}

// A list of bots that names every teammate leaves contacts that nobody answered;
// the pages say where to look.
func TestBotsNameEveryTeammate(t *testing.T) {
	t.Parallel()
	m := conversation()
	m["first_response_weekly"][1] = []any{date("2026-06-22"), 1, 0, 1, 1, nil, nil, nil, nil, 0, 0, 0, 0, false}
	m["reply_time_weekly"] = [][]any{{date("2026-06-22"), 0, nil, nil, false}}
	m["contacts"][0][8], m["contacts"][0][9] = false, true
	m["repeat_contacts"] = [][]any{{"confused", 0, 0, nil}}
	dir := write(t, m)
	allRead(t, dir)
	has(t, dir, "weekly.html", "None of these 1 contact was answered by a person.", "bots in parley.yaml names too many", "bots: [&#34;Helper Bot&#34;, &#34;id:815309&#34;]",
		"No teammate has replied in these weeks.", "no contact was answered", "open, a bot answered")
	hasNot(t, dir, "weekly.html", "office_hours:") // the first thing to put right is the list
	has(t, dir, "topics.html", "No contact had its answer by a teammate seven days ago or earlier, so none can be judged yet.")
}

// One that names the customers too leaves no contact at all: that is not a
// workspace to which nobody ever wrote.
func TestBotsNameEveryone(t *testing.T) {
	t.Parallel()
	m := noRows()
	m["contacts_weekly"] = [][]any{{date("2026-06-22"), 0, 3, 0.0, 0, 0, 0, 0, false, nil, nil, false}}
	m["first_response_weekly"] = [][]any{{date("2026-06-22"), 0, 0, 0, 0, nil, nil, nil, nil, 0, 0, 0, 0, false}}
	m["conversations"] = [][]any{{"1", date("2026-06-23"), "open"}}
	m["left_out"] = [][]any{{"contacts_weekly", date("2026-06-22"), "begun_by_automation", 1240}, {"contacts_weekly", date("2026-06-22"), "no_message", 1}}
	dir := write(t, m)
	allRead(t, dir)
	const why = "1,241 conversations have come in, and none is a contact: 1,240 begun by a bot or an automatic message, 1 in which nobody has said anything."
	for _, file := range []string{"weekly.html", "topics.html", "contacts-by-hour.html"} {
		has(t, dir, file, why, "bots: [&#34;Helper Bot&#34;, &#34;id:815309&#34;]")
		hasNot(t, dir, file, "No conversation has come in yet.")
	}
}

// In the first week of all, nothing is over yet.
func TestFirstWeekOfTheOtherPages(t *testing.T) {
	t.Parallel()
	m := conversation()
	week := date("2026-06-29")
	m["contacts_weekly"] = [][]any{{week, 1, 1, 1.0, 0, 0, 0, 0, true, nil, nil, false}}
	m["first_week_contact"] = [][]any{{week, 3, 0, 0, nil}}
	m["time_to_first_contact"] = [][]any{{0, 3, 1, 0, 2.0 / 3}, {1, 2, 0, 2, 2.0 / 3}}
	m["contact_tenure"] = [][]any{{-1, 2, nil, nil}}
	m["topics_weekly"] = [][]any{{week, "billing", "confused", 1, 1}}
	m["repeat_contacts"] = [][]any{{"confused", 0, 0, nil}}
	m["outage_contacts"] = [][]any{{"Search down", asOf.Add(-90 * time.Minute), asOf.Add(time.Hour), 4, nil, true}}
	dir := write(t, m)
	allRead(t, dir)
	has(t, dir, "new-users.html", "Nobody&#39;s first week is over of the 3 people of the week of 29 June 2026.", "first week is not over for all", "29 June 2026, so far",
		"Half of the users have not written for as long as can be followed.")
	has(t, dir, "customer-life.html", "No customer has been with us for a whole week yet")
	has(t, dir, "topics.html", "week that is not over", "29 June 2026, so far", "none can be judged yet")
	has(t, dir, "outages.html", "4 contacts came in so far; what is usual in such hours is not known.", "Search down, so far", "outage that is not over", "<data value=\"5400\">1 h 30 min</data>")
}

// Who was deleted in the first week never becomes mature: the week is over all the same.
func TestDeletedUsersDoNotKeepAWeekOpen(t *testing.T) {
	t.Parallel()
	m := noRows()
	m["first_week_contact"] = [][]any{{date("2026-06-22"), 5, 2, 1, 0.5}, {date("2026-06-15"), 10, 9, 3, 1.0 / 3}}
	dir := write(t, m)
	has(t, dir, "new-users.html", "33% of 9 people who signed up in the week of 15 June 2026", "22 June 2026, so far")
	hasNot(t, dir, "new-users.html", "15 June 2026, so far")
	// Whoever signs up at the end of that Sunday has the whole week until Sunday at
	// midnight in Dublin, which is 23:00 in UTC.
	for offset, partial := range map[time.Duration]bool{-time.Second: true, 0: false} {
		at := date("2026-06-28").Add(23*time.Hour + offset)
		m["settings"] = [][]any{{"Tidepool", at, "Europe/Dublin", 1}}
		if got := strings.Contains(read(t, write(t, m), "new-users.html"), "15 June 2026, so far"); got != partial {
			t.Errorf("as of %s the week is open: %v, want %v", at, got, partial)
		}
	}
}

// tenYears are marts of a workspace that has gone on for long: a row for each of
// 522 weeks, each day of users' lives, and an outage a month.
func tenYears() marts {
	m := lifelike()
	for _, mart := range []string{"contacts_weekly", "first_response_weekly", "reply_time_weekly", "topics_weekly", "first_week_contact", "left_out"} {
		var first time.Time
		for _, row := range m[mart] {
			for _, cell := range row {
				if at, ok := cell.(time.Time); ok && (first.IsZero() || at.Before(first)) {
					first = at
				}
			}
		}
		rows := m[mart]
		for w := 30; w < 522; w++ {
			for _, row := range rows {
				for c, cell := range row {
					if at, ok := cell.(time.Time); ok && at.Equal(first) {
						copied := append([]any{}, row...)
						copied[c] = date("2026-06-29").AddDate(0, 0, -7*w)
						m[mart] = append(m[mart], copied)
					}
				}
			}
		}
	}
	m["time_to_first_contact"], m["contact_tenure"], m["outage_contacts"] = nil, [][]any{{-1, 40, nil, nil}}, nil
	for day := range 3652 {
		m["time_to_first_contact"] = append(m["time_to_first_contact"], []any{day, 4000 - day, 0, 1, 0.75})
	}
	for week := range 522 {
		m["contact_tenure"] = append(m["contact_tenure"], []any{week, 600 - week, 5220 - 10*week, float64(600-week) / float64(5220-10*week)})
	}
	for month := range 120 {
		from := date("2026-06-10").AddDate(0, -month, 0)
		m["outage_contacts"] = append(m["outage_contacts"], []any{fmt.Sprintf("Outage %d", month), from, from.Add(time.Hour), 4, 2.5})
	}
	return m
}

// Ten years make pages no heavier than half a year does where weeks are shown,
// and of bounded size elsewhere; charts keep to what can be told apart.
func TestTenYears(t *testing.T) {
	t.Parallel()
	short, long := write(t, lifelike()), write(t, tenYears())
	allRead(t, long)
	size := func(dir, file string) int { return len(read(t, dir, file)) }
	for file, most := range map[string]float64{"weekly.html": 1.02, "contacts-by-hour.html": 1.02, "topics.html": 1.02, "new-users.html": 1.6, "customer-life.html": 5, "outages.html": 6} {
		if before, after := size(short, file), size(long, file); float64(after) > most*float64(before) || after > 1_000_000 {
			t.Errorf("%s has %d bytes after ten years and %d after half a year, more than %v times as many", file, after, before, most)
		}
	}
	has(t, long, "customer-life.html", "The chart shows the first 104 weeks; the table has all.", `<th scope="row"><bdi>521</bdi></th>`)
	has(t, long, "new-users.html", "The first 365 days are shown; the CSV has all.")
	has(t, long, "outages.html", "The chart shows the newest 20; the table has all.", "<bdi>Outage 119</bdi>")
	if lines := strings.Count(read(t, long, "time-to-first-contact.csv"), "\n"); lines != 1+3652 {
		t.Errorf("the CSV of the curve has %d lines, want the header and 3652 days", lines)
	}
}

// The lines that pages tell people to write are such as parley.yaml takes.
func TestLinesForTheWorkspaceAreRead(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"office hours": noOfficeHours.Lines, "bots": botsLines, "topics": noTopics.Lines, "teams": noTeams.Lines, "outages": noOutages.Lines,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, workspace.ConfigFile), []byte(lines+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := workspace.Open(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "topics" && strings.Join(w.Config.Topics, ", ") != strings.Join(workspace.DefaultTopics, ", ") {
			t.Errorf("the page names the topics %q", w.Config.Topics)
		}
		if name == "office hours" && w.OfficeHours() == nil {
			t.Error("the lines make no office hours")
		}
		if name == "outages" && len(w.Config.Outages) != 1 {
			t.Errorf("the lines make %d outages", len(w.Config.Outages))
		}
	}
}
