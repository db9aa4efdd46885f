package reports

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"
)

func weeklyLetterOf(t *testing.T, m marts) (Letter, error) {
	t.Helper()
	return WriteWeeklyLetter(t.Context(), Config{Query: m.open(t), Build: testBuild()})
}

// The letter is of the newest week that is over, with the mart's figures, and its
// files are those beside the page.
func TestWeeklyLetter(t *testing.T) {
	t.Parallel()
	m := lifelike()
	l, err := weeklyLetterOf(t, m)
	if err != nil {
		t.Fatal(err)
	}
	var contacts any
	for _, week := range m["contacts_weekly"] {
		if week[0].(time.Time).Equal(date("2026-06-22")) {
			contacts = week[1]
		}
	}
	if want := fmt.Sprintf("Weekly support, 22–28 June 2026: %v contacts, median first response ", contacts); !l.Week.Equal(date("2026-06-22")) || !strings.HasPrefix(l.Subject, want) {
		t.Errorf("of %s, %q, want %q", l.Week, l.Subject, want)
	}
	for name, text := range map[string]string{"text": l.Text, "HTML": l.HTML} {
		for _, want := range []string{fmt.Sprint(contacts), "Time to first response", "Europe/Dublin", "20260701T093012Z-1f4c", "all its checks held", "Left out. Of all the history: "} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q", name, want)
			}
		}
	}
	dir := write(t, m)
	tables, pictures := 0, 0
	for _, f := range l.Files {
		if f.Picture {
			pictures++
			if _, err := png.Decode(bytes.NewReader(f.Content)); err != nil || !strings.Contains(l.HTML, `src="cid:`+f.Name+`"`) {
				t.Errorf("picture %s: %v", f.Name, err)
			}
			continue
		}
		tables++
		if string(f.Content) != read(t, dir, f.Name) {
			t.Errorf("%s is another beside the page", f.Name)
		}
	}
	if tables < 5 || pictures != 2 {
		t.Errorf("%d tables and %d pictures", tables, pictures)
	}
}

func TestNamesStayTextInALetter(t *testing.T) {
	t.Parallel()
	m := hostileMarts()
	m["contacts"] = append(m["contacts"], []any{hostile[1], asOf.Add(-time.Hour), date("2026-06-29"), 3, 8, hostile[0], hostile[1], hostile[2], false, false})
	m["conversations"] = append(m["conversations"], []any{hostile[1], asOf.Add(-time.Hour), "open"})
	l, err := weeklyLetterOf(t, m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(l.HTML, "&lt;script&gt;alert(1)") {
		t.Error("the workspace's name is not there, as text")
	}
	for _, markup := range []string{"<script", "<img src=x", "onerror=alert(1)>", "ZgotmplZ"} {
		if strings.Contains(l.HTML, markup) {
			t.Errorf("the letter holds %q", markup)
		}
	}
	if strings.ContainsAny(l.Subject, "\r\n") {
		t.Errorf("subject %q", l.Subject)
	}
}

func TestNoWeekNoLetter(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]marts{"nothing": noRows(), "a week that is not over": oneWeek(3, true)} {
		if _, err := weeklyLetterOf(t, m); !errors.Is(err, ErrNoWeek) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
