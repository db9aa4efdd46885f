package profile

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/reports"
	"parley/sql/warehouse"
)

//go:embed templates/profile.html templates/search.html templates/parts.html
var templates embed.FS

//go:embed assets/profile.css
var stylesheet []byte

var pages = template.Must(template.New("").ParseFS(templates, "templates/*.html"))

// Look are the files that the pages want below /look/: those of the reports,
// and profile.css.
func Look() (map[string][]byte, error) {
	look, err := reports.Look()
	if err != nil {
		return nil, err
	}
	look["profile.css"] = stylesheet
	return look, nil
}

// Address is the path, with its query, of a profile's page on a server.
func Address(entity Entity, id string) string {
	folder := "/people/"
	if entity == Company {
		folder = "/companies/"
	}
	return folder + "?id=" + url.QueryEscape(id)
}

// frame is what stands on every page of this package.
type frame struct {
	Entity  Entity
	Title   string
	Asked   string // what was looked for
	AsOf    string
	AsOfISO string
	Settings
}

func frameOf(entity Entity, title, asked string, s Settings) frame {
	return frame{Entity: entity, Title: title, Asked: asked, AsOf: s.AsOf.In(s.Zone).Format("2 January 2006, 15:04"), AsOfISO: s.AsOf.UTC().Format(time.RFC3339), Settings: s}
}

// Action is where the form of the search goes.
func (f frame) Action() string {
	if f.Entity == Company {
		return "/companies/"
	}
	return "/people/"
}

type profilePage struct {
	frame
	ID       string
	Others   []link
	Cards    []card
	Sections []section
	Timeline *timeline
}

type card struct{ Label, Value, Raw, Note string }

type link struct{ Text, To string }

type cell struct {
	Text, To string
	Number   bool
	Moment   bool // an instant or a date, which stays in one line
}

type section struct {
	Name, Title, Empty string
	Pairs              []pair // of a section with a single row
	Head               []cell
	Rows               [][]cell
}

type pair struct {
	Name  string
	Value cell
}

type timeline struct {
	Title, Empty string
	Days         []timelineDay
	More         string // the address of a longer one; "" where this is the whole
}

type timelineDay struct {
	Day, ISO string
	Entries  []entry
}

type entry struct{ Time, ISO, Kind, What, Detail string }

// WriteHTML draws the profile as a page for the server that Address belongs to.
// Every text in it is text, wherever it came from.
func (p *Profile) WriteHTML(w io.Writer, s Settings) error {
	page := profilePage{frame: frameOf(p.Entity, p.Name, "", s), ID: p.ID, Cards: p.cards(s)}
	for _, id := range p.Others {
		page.Others = append(page.Others, link{id, Address(p.Entity, id)})
	}
	for i := range p.Sections {
		if p.Sections[i].Name == "timeline" {
			page.Timeline = p.timelinePage(&p.Sections[i], s)
			continue
		}
		page.Sections = append(page.Sections, sectionPage(&p.Sections[i], s))
	}
	return pages.ExecuteTemplate(w, "profile.html", page)
}

// WriteSearch draws the page on which a person or company is looked for; fault
// says why the last search found nothing, "" where there was none.
func WriteSearch(w io.Writer, entity Entity, asked, fault string, s Settings) error {
	title := "Find a person"
	if entity == Company {
		title = "Find a company"
	}
	return pages.ExecuteTemplate(w, "search.html", struct {
		frame
		Fault string
	}{frameOf(entity, title, asked, s), fault})
}

// largest is how many entries a longer timeline has.
const largest = 1000

func (p *Profile) timelinePage(from *Section, s Settings) *timeline {
	t := &timeline{Title: from.Title, Empty: from.Empty}
	if from.More && len(from.Table.Rows) < largest {
		t.More = Address(p.Entity, p.ID) + "&limit=" + strconv.Itoa(largest)
	}
	for _, row := range from.Table.Rows {
		at, _ := row[0].(time.Time)
		local := at.In(s.Zone)
		e := entry{Time: local.Format("15:04"), ISO: at.UTC().Format(time.RFC3339)}
		e.Kind, _ = row[1].(string)
		e.What, _ = row[2].(string)
		e.Detail, _ = row[3].(string)
		if day := local.Format(time.DateOnly); len(t.Days) == 0 || t.Days[len(t.Days)-1].ISO != day {
			t.Days = append(t.Days, timelineDay{Day: local.Format("Monday, 2 January 2006"), ISO: day})
		}
		last := &t.Days[len(t.Days)-1]
		last.Entries = append(last.Entries, e)
	}
	return t
}

func sectionPage(from *Section, s Settings) section {
	to := section{Name: from.Name, Title: from.Title}
	if len(from.Table.Rows) == 0 {
		to.Empty = from.Empty
		return to
	}
	if from.Single {
		for i, column := range from.Table.Columns {
			if value := from.Table.Rows[0][i]; value != nil {
				told := pair{column.Name, shown(column, value, s)}
				if told.Value.To = ""; from.Name != "attributes" { // our own names are words; theirs stay as they are
					told.Name = strings.ReplaceAll(column.Name, "_", " ")
				}
				to.Pairs = append(to.Pairs, told)
			}
		}
		return to
	}
	for _, column := range from.Table.Columns {
		to.Head = append(to.Head, cell{Text: strings.ReplaceAll(column.Name, "_", " "), Number: isNumber(column)})
	}
	for _, row := range from.Table.Rows {
		cells := make([]cell, len(row))
		for i, column := range from.Table.Columns {
			cells[i] = shown(column, row[i], s)
		}
		to.Rows = append(to.Rows, cells)
	}
	return to
}

// moment is an instant by the zone's clock, in one line.
func moment(at time.Time, s Settings) string {
	return strings.ReplaceAll(at.In(s.Zone).Format("2 Jan 2006, 15:04"), " ", "\u00a0")
}

func isNumber(c warehouse.Column) bool {
	return c.Type == "BIGINT" || c.Type == "INTEGER" || c.Type == "DOUBLE" || strings.HasPrefix(c.Type, "DECIMAL")
}

// money is an amount in hundredths, without them where it is whole; models
// compute with more digits than anybody pays.
func money(amount string) string {
	value, err := strconv.ParseFloat(amount, 64)
	if err != nil {
		return amount
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 2, 64), ".00")
}

// shown is a value for people: an instant by the zone's clock, a yes or no, an
// id of ours as a link to its page.
func shown(column warehouse.Column, value any, s Settings) cell {
	c := cell{Number: isNumber(column)}
	switch v := value.(type) {
	case nil:
	case time.Time:
		c.Moment = true
		if column.Type == "DATE" {
			c.Text = v.Format("2 Jan 2006")
		} else {
			c.Text = moment(v, s)
		}
	case bool:
		c.Text = map[bool]string{true: "yes", false: "no"}[v]
	case float64:
		c.Text = strconv.FormatFloat(v, 'f', -1, 64)
	case warehouse.Decimal:
		c.Text = string(v)
		if whole, fraction, cut := strings.Cut(c.Text, "."); cut {
			c.Text = strings.TrimSuffix(whole+"."+strings.TrimRight(fraction, "0"), ".")
		}
	default:
		c.Text = fmt.Sprint(v)
	}
	switch column.Name {
	case "mrr":
		c.Text = money(c.Text)
	case "person_id":
		c.To = Address(Person, c.Text)
	case "company_id":
		c.To = Address(Company, c.Text)
	}
	return c
}
