package message_test

import (
	"net/mail"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"parley/jobs/message"
)

func file(front, body string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("---\nsegment: new-users\nsubject: Hello\n" + front + "---\n" + body)}
}

func TestLoadReturnsTheRightOnesBesideTheFaults(t *testing.T) {
	t.Parallel()
	messages, err := message.Load(fstest.MapFS{
		"b.md":      file("", "Hello"),
		"a.md":      file("name: zebra\nstyle: official\nrepeat: each_entry\ninclude_existing: true\nunsubscribable: false\nactive: false\nfrom: Ada <ada@example.com>\n", "Hello"),
		"c.md":      file("name: b\n", "Hello"),
		"broken.md": file("", "{{ nobody }}"),
		"notes.txt": {Data: []byte("no message")},
	}, message.Options{Dir: "mine", From: "Orla <orla@example.com>", Variables: []string{}})
	want := "mine/broken.md:5:4: unknown variable \"nobody\"\nmine/c.md:1: the name \"b\" is taken by mine/b.md; give one of them another `name`"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%v", err, want)
	}
	if len(messages) != 2 || messages[0].Name != "b" || messages[1].Name != "zebra" {
		t.Fatalf("messages %+v, want b and zebra", messages)
	}
	plain, full := *messages[0], *messages[1]
	if plain.Style != message.Personal || plain.Repeat != message.Once || plain.IncludeExisting || !plain.Unsubscribable || !plain.Active ||
		plain.From != (mail.Address{Name: "Orla", Address: "orla@example.com"}) || plain.Segment != "new-users" {
		t.Errorf("defaults: %+v", plain)
	}
	if full.Style != message.Official || full.Repeat != message.EachEntry || !full.IncludeExisting || full.Unsubscribable || full.Active ||
		full.From != (mail.Address{Name: "Ada", Address: "ada@example.com"}) {
		t.Errorf("as said: %+v", full)
	}
}

func TestWithoutASenderNothingLoads(t *testing.T) {
	t.Parallel()
	_, err := message.Load(fstest.MapFS{"a.md": file("", "Hello")}, message.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "messages/a.md:1: no sender; ") {
		t.Errorf("error %v", err)
	}
}

func TestTextThatIsNoText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"---\r\nsegment: s\r\nsubject: Hi\r\n---\r\nHello\r\n":   "",
		"\ufeff---\nsegment: s\nsubject: Hi\n---\nHello":         "",
		"---\nsegment: s\nsubject: Hi\n---\nHello\n\nM\xfcnchen": "a.md:7: this is not UTF-8 text; save the file as UTF-8",
		"---\nsegment: s\nsubject: Hi\n---\nqzx41xzq":            `a.md:5:1: "qzx41xzq" is kept for Parley's own use; write it in another way`,
	} {
		_, err := message.Parse("a.md", []byte(text), message.Options{From: "a@example.com"})
		if got := errorText(err); got != want {
			t.Errorf("%q: error %q, want %q", text, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func render(t *testing.T, body string, person message.Person, location *time.Location) string {
	t.Helper()
	parsed, err := message.Parse("a.md", []byte("---\nsegment: s\nsubject: Hi\n---\n"+body), message.Options{From: "a@example.com", Location: location})
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := parsed.Render(person)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(rendered.Text, "\n")
}

func TestFilters(t *testing.T) {
	t.Parallel()
	dublin, err := time.LoadLocation("Europe/Dublin")
	if err != nil {
		t.Fatal(err)
	}
	person := message.Person{Name: "émile van der Berg", Email: "e@example.com", Attributes: map[string]any{
		"seats": 12.0, "price": 1234567.25, "vip": true, "trial_ends_at": "2026-06-30T23:30:00Z",
		"moment": time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), "list": []any{"a", 1.0}, "blank": " ", "word": "soon",
	}}
	for body, want := range map[string]string{
		`{{ first_name | capitalize }}`:                                       "Émile",
		`{{ name | upcase }}`:                                                 "ÉMILE VAN DER BERG",
		`{{ name | truncate: 9 }}`:                                            "émile va…",
		`{{ seats }} {{ price }} {{ vip }}`:                                   "12 1234567.25 true",
		`{{ seats | plus: 1 }}`:                                               "13",
		`{{ blank | fallback:"x" }} {{ none | default: "y" }}`:                "x y",
		`{{ trial_ends_at | date: "%d.%m.%Y %H:%M" }}`:                        "01.07.2026 00:30", // summer time in Dublin
		`{{ moment }} {{ list }}`:                                             `5 January 2026 ["a",1]`,
		`{{ word | date: "%Y" | fallback:"no date" }}`:                        "no date",
		`{{ "now" | date: "%Y" | fallback:"no clock" }}`:                      "no clock",
		`{% if seats > 10 and vip %}big{% else %}small{% endif %}`:            "big",
		`{% unless blank %}unknown{% endunless %}`:                            "unknown",
		`{% case word %}{% when "soon" %}yes{% else %}no{% endcase %}`:        "yes",
		`{{ attributes["trial_ends_at"] | date: "%Y" }}{{ attributes.word }}`: "2026soon",
		`{{ user_id | fallback:"none" }}`:                                     "none",
	} {
		if got := render(t, body, person, dublin); got != want {
			t.Errorf("%s gives %q, want %q", body, got, want)
		}
	}
}
