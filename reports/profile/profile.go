// Package profile tells all that a build knows of one person or one company:
// keys, attributes, companies, tags, segments, and what happened, the newest
// first. It asks published marts alone, with bound values, and draws the answer
// as a page. It knows neither who asks nor how a key came on the command line.
package profile

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parley/reports"
	"parley/sql/warehouse"
)

// Entity is what a profile is of.
type Entity string

// The entities that have a profile.
const (
	Person  Entity = "person"
	Company Entity = "company"
)

// Profile is what is known of one person or one company.
type Profile struct {
	Entity Entity
	ID     string // person_id or company_id
	Name   string // what people call them by: their name, else an address, else the id
	// Others are the ids of others whom the same key names by another kind of key:
	// the user_id of one may be the cookie of another.
	Others   []string
	Sections []Section
}

// Section is one part of a profile: the answer to one question.
type Section struct {
	Name  string // for programs, as keys
	Title string // for people
	Table *warehouse.Table
	// Single says that the table has one row, whose columns are what is told.
	Single bool
	Empty  string // said where there is no row
	More   bool   // there are more rows than were asked for
}

// Section is the part called name; nil if there is none.
func (p *Profile) Section(name string) *Section {
	for i := range p.Sections {
		if p.Sections[i].Name == name {
			return &p.Sections[i]
		}
	}
	return nil
}

// NotFoundError says that nobody, or no company, is known by a key.
type NotFoundError struct {
	Entity Entity
	Key    string
	// Deleted says that somebody was known by it, and has been deleted.
	Deleted bool
	// Placeholder says that it is what is sent where there is no key, as undefined.
	Placeholder bool
	// Nearest are those that are called alike, the nearest first; at most three.
	Nearest []string
}

func (e *NotFoundError) Error() string {
	if e.Placeholder {
		return fmt.Sprintf("%q is what is sent where there is no key, and nobody's; identity_conflicts lists it where records name it", e.Key)
	}
	if e.Deleted {
		return fmt.Sprintf("the %s %q has been deleted; what they did still counts, without saying who it was", e.Entity, e.Key)
	}
	text := fmt.Sprintf("no person is known by %q; give an e-mail address, a user_id, a person_id, a cookie's id or the sending system's id", e.Key)
	if e.Entity == Company {
		text = fmt.Sprintf("no company is known by %q; give a company_id or a name", e.Key)
	}
	if len(e.Nearest) > 0 {
		text += "; the nearest: " + strings.Join(e.Nearest, ", ")
	}
	return text
}

// Settings are those of the build that a profile is of.
type Settings struct {
	Workspace string
	AsOf      time.Time
	Zone      *time.Location
}

// SettingsOf reads the settings of the build that query reads.
func SettingsOf(ctx context.Context, query reports.Query) (Settings, error) {
	answer, err := query(ctx, "select name, as_of, timezone from settings")
	if err != nil {
		return Settings{}, fmt.Errorf("read the build's settings: %w", err)
	}
	if len(answer.Rows) != 1 {
		return Settings{}, fmt.Errorf("read the build's settings: %d rows where one is wanted", len(answer.Rows))
	}
	name, _ := answer.Rows[0][0].(string)
	at, _ := answer.Rows[0][1].(time.Time)
	zoneName, _ := answer.Rows[0][2].(string)
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return Settings{}, fmt.Errorf("read the build's settings: %w", err)
	}
	return Settings{Workspace: name, AsOf: at, Zone: zone}, nil
}

// question is a section that is asked for by one query, whose $1 is the id.
type question struct {
	name, title, empty, query string
}

// ask answers the questions, one section each.
func ask(ctx context.Context, query reports.Query, id string, questions []question) ([]Section, error) {
	sections := make([]Section, len(questions))
	for i, q := range questions {
		answer, err := query(ctx, q.query, id)
		if err != nil {
			return nil, fmt.Errorf("ask for the %s of %s: %w", q.name, id, err)
		}
		sections[i] = Section{Name: q.name, Title: q.title, Empty: q.empty, Table: answer}
	}
	return sections, nil
}

// timelineOf is the section of what happened: most rows at most; 0: all.
func timelineOf(ctx context.Context, query reports.Query, id, events string, most int) (Section, error) {
	limit := ""
	if most > 0 {
		limit = fmt.Sprintf("\nlimit %d", most+1)
	}
	answer, err := query(ctx, "select happened_at, kind, what, detail from ("+events+"\n) as happened\nwhere happened_at is not null\norder by happened_at desc, kind, what, detail"+limit, id)
	if err != nil {
		return Section{}, fmt.Errorf("ask what happened to %s: %w", id, err)
	}
	s := Section{Name: "timeline", Title: "What happened", Empty: "nothing has happened yet", Table: answer}
	if s.More = most > 0 && len(answer.Rows) > most; s.More {
		answer.Rows = answer.Rows[:most]
	}
	for _, row := range answer.Rows {
		if text, ok := row[3].(string); ok && row[1] == saidKind {
			row[3] = plainText(text)
		}
	}
	return s, nil
}

// split parts the one row of an entity's mart into our own columns and those of
// attributes; in the latter only what has a value.
func split(table *warehouse.Table, ours []string) (facts, attributes *warehouse.Table) {
	facts, attributes = &warehouse.Table{Rows: [][]any{nil}}, &warehouse.Table{Rows: [][]any{nil}}
	own := map[string]bool{}
	for _, name := range ours {
		own[name] = true
	}
	for i, column := range table.Columns {
		value := table.Rows[0][i]
		into := attributes
		switch {
		case own[column.Name]:
			into = facts
		case value == nil:
			continue
		}
		into.Columns = append(into.Columns, column)
		into.Rows[0] = append(into.Rows[0], value)
	}
	if len(attributes.Columns) == 0 {
		attributes.Rows = nil
	}
	return facts, attributes
}
