package message_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"parley/jobs/message"
)

const everywhere = "---\nsegment: s\nsubject: To {{ name }}\nstyle: official\n---\n" +
	"# {{ name }}\n\n{{ name }}\n\n- {{ name }}\n\n**{{ name }}** `{{ name }}` [{{ name }}](https://example.com/{{ name }})\n\n" +
	"    {{ name }}\n\n| {{ name }} | b |\n|---|---|\n| {{ name }} | {{ name | truncate: 5 }} |\n\n<p title=\"{{ name }}\"><em>{{ name }}</em></p>\n"

// Whatever a person is called, the message has the same elements and the same
// kinds of attribute as for a person called x, and the same lines of headers: one.
func FuzzPersonsDataStaysText(f *testing.F) {
	for _, seed := range []string{"Ada", "<script>", "](javascript:x)", "\"><b>", "a\r\nBcc: b@example.com", "`", "|", "</td>", "{{ email }}", "qzx41xzq", "\x00\x1b[0m", "&lt;", "\xff", "\u202e", "\n\n# x"} {
		f.Add(seed)
	}
	parsed, err := message.Parse("a.md", []byte(everywhere), message.Options{From: "a@example.com"})
	if err != nil {
		f.Fatal(err)
	}
	plain, err := parsed.Render(message.Person{Name: "x"})
	if err != nil {
		f.Fatal(err)
	}
	want := skeleton(plain.HTML)
	f.Fuzz(func(t *testing.T, name string) {
		rendered, err := parsed.Render(message.Person{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := skeleton(rendered.HTML); !slices.Equal(got, want) {
			t.Errorf("elements for %q are\n%v, want\n%v", name, got, want)
		}
		if strings.ContainsFunc(rendered.Subject, unicode.IsControl) {
			t.Errorf("subject %q holds a control character", rendered.Subject)
		}
	})
}

// skeleton lists the elements of a page with the names of their attributes.
func skeleton(page string) []string {
	var parts []string
	tokens := html.NewTokenizer(strings.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if kind == html.TextToken {
			continue
		}
		part := kind.String() + " " + token.Data
		for _, attribute := range token.Attr {
			part += " " + attribute.Key
			if address, ok := strings.CutPrefix(attribute.Val, "https://example.com/"); ok && strings.ContainsAny(address, "/?#:@") {
				part += " leaves its place"
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// No text makes the reader of messages panic, and each error is about the file.
func FuzzParse(f *testing.F) {
	f.Add("---\nsegment: s\nsubject: Hi\n---\n{{ first_name | fallback:\"there\" }}{% if a %}{% endif %}")
	f.Add("---\nsubject: {{\n---\n{%")
	f.Add("---\n- a\n---\n")
	f.Add("---\nsegment: s\nsubject: '{{ (1..2) }}{{ a.b[c] }}'\n---\n{% case a %}{% endcase %}{% else %}")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := message.Parse("a.md", []byte(text), message.Options{From: "a@example.com"})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "a.md") {
				t.Errorf("%q: error %q does not name the file", text, err)
			}
			return
		}
		_, _ = parsed.Render(message.Person{Name: "Ada Byrne", Attributes: map[string]any{"a": 1, "b": "x"}})
	})
}
