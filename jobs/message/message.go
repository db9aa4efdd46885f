// Package message holds what is said to whom: it reads messages/*.md, checks
// them, and renders one for one person as a subject, a text and an HTML part.
// It does not know when a message is due, how it is sent, or what a queue is.
//
// Nothing of a person's data can become HTML, Markdown, a link or a header: a
// value stands in the template as an opaque word until the Markdown has become
// safe HTML, and only then is written into it as text.
package message

import (
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"path"
	"slices"
	"strings"
	"time"
)

// Style is how a message looks.
type Style string

// The two styles: Personal looks like a letter written by hand, Official has
// the sender's name and photograph above it.
const (
	Personal Style = "personal"
	Official Style = "official"
)

// Repeat says how often a message goes to the same person.
type Repeat string

// A message goes once to a person, or once for each time they enter the segment.
const (
	Once      Repeat = "once"
	EachEntry Repeat = "each_entry"
)

// Message is one file of messages/, read and checked.
type Message struct {
	Name            string // the file's name without .md, unless the file says another
	File            string // where it stands, for errors
	Segment         string // whoever enters it gets the message
	From            mail.Address
	Photograph      string // https address of the sender's picture; empty: none. Shown in the official style
	Style           Style
	Repeat          Repeat
	IncludeExisting bool // also those who are in the segment already
	Unsubscribable  bool // not sent to whoever has unsubscribed
	Active          bool // false: nobody gets it

	subject *template
	body    *template
}

// Options are what messages are checked against.
type Options struct {
	// Dir stands before the file's name in errors; default "messages".
	Dir string
	// Variables are the names that templates may use besides first_name, name,
	// email and user_id: the columns of the users mart, attributes too. nil:
	// not known yet, so names are not checked.
	Variables []string
	// Segments are the names that there are; nil: not checked.
	Segments []string
	// From is the sender of messages that name none; empty: each must name one.
	From string
	// Location is the zone in which the filter date writes times; nil: UTC.
	Location *time.Location
}

// Load reads the *.md files of fsys, sorted by name. What is wrong in any of
// them is in the error, all at once, one `FILE:LINE[:COLUMN]: …` a line; the
// messages that are right are returned beside it.
func Load(fsys fs.FS, opts Options) ([]*Message, error) {
	if opts.Dir == "" {
		opts.Dir = "messages"
	}
	names, err := fs.Glob(fsys, "*.md")
	if err != nil {
		return nil, err
	}
	var messages []*Message
	var faults []error
	fileOf := map[string]string{}
	for _, name := range names {
		file := path.Join(opts.Dir, name)
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		message, err := Parse(file, text, opts)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if other, taken := fileOf[message.Name]; taken {
			faults = append(faults, nameTaken(file, message.Name, other))
			continue
		}
		fileOf[message.Name] = file
		messages = append(messages, message)
	}
	slices.SortFunc(messages, func(a, b *Message) int { return strings.Compare(a.Name, b.Name) })
	return messages, errors.Join(faults...)
}

// Person is whom a message is rendered for, as known at one moment.
type Person struct {
	PersonID string `json:"person_id"`
	UserID   string `json:"user_id,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	// Attributes are the other columns of the users mart, by name: text,
	// numbers, booleans, times (or their ISO 8601 text); nil or absent: not known.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// FirstName is the first word of the person's name; empty when it is not known.
func (p Person) FirstName() string {
	if words := strings.Fields(p.Name); len(words) > 0 {
		return words[0]
	}
	return ""
}

// Rendered is a message for one person. Subject is one line without control
// characters; HTML is a whole page, Text says the same in plain text.
type Rendered struct {
	Subject string
	Text    string
	HTML    string
}

// Render makes the message for one person. Variables that are not known of the
// person are empty, or what their fallback says. An error names the message's file.
func (m *Message) Render(person Person) (Rendered, error) {
	values := bindings(person)
	subject, err := m.subject.line(values)
	if err != nil {
		return Rendered{}, err
	}
	if subject == "" {
		return Rendered{}, fmt.Errorf("%s: the subject is empty for this person; give its variables a fallback", m.File)
	}
	markdown, err := m.body.render(values)
	if err != nil {
		return Rendered{}, err
	}
	content, err := toHTML(markdown)
	if err != nil {
		return Rendered{}, fmt.Errorf("%s: %w", m.File, err)
	}
	body, text := fill(content)
	page, err := m.page(subject, body)
	if err != nil {
		return Rendered{}, fmt.Errorf("%s: %w", m.File, err)
	}
	return Rendered{Subject: subject, Text: text, HTML: page}, nil
}
