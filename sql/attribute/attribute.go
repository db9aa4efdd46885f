// Package attribute says which custom attributes people and companies have, by
// their latest values, and lays these out as columns: one column of its own type
// for each. It knows neither the models that use the columns nor the engine's driver.
package attribute

import "strings"

// Entity is what an attribute belongs to.
type Entity string

// The entities that have custom attributes.
const (
	Person  Entity = "person"
	Company Entity = "company"
)

// Type is the type of an attribute's column.
type Type string

// The types of attributes, as settled values name them.
const (
	Text    Type = "text"
	Number  Type = "number"
	Boolean Type = "boolean"
	Time    Type = "time"
	JSON    Type = "json" // objects and lists, as text
)

// Attribute is one custom attribute. Its type is that of its values: of each
// person's or company's latest one. Where those are of several types the
// column is text, so that nothing is lost; an attribute that all have cleared
// is text too.
type Attribute struct {
	Entity Entity
	Name   string // as it was sent
	Column string // its column's name, without quotes
	Type   Type
	Values map[Type]int64 // how many people or companies have a value of each type
}

// Filled is how many people or companies have a value.
func (a Attribute) Filled() int64 {
	var n int64
	for _, values := range a.Values {
		n += values
	}
	return n
}

// Conflict says whether the values are of several types.
func (a Attribute) Conflict() bool { return len(a.Values) > 1 }

func typeOf(values map[Type]int64) Type {
	if len(values) != 1 {
		return Text
	}
	for typ := range values {
		switch typ {
		case Number, Boolean, Time, JSON:
			return typ
		}
	}
	return Text
}

// prefix goes before the name of an attribute that a column of ours has.
const prefix = "custom_"

// reserved are the columns that the marts have beside the attributes, in all
// the forms they have had: an attribute of that name must not take their place.
var reserved = map[Entity]map[string]bool{
	Person: set(`person_id user_id email source_id anonymous_id name phone ip city country timezone stage stage_since
		created_at updated_at signed_up_at is_signed_up first_seen_at last_seen_at sessions events relationship
		last_contacted_at last_heard_from_at unsubscribed_from_emails tags companies company_id segments
		first_referrer first_landing_page first_source first_medium first_campaign`),
	Company: set(`company_id source_id name plan monthly_spend currency mrr stage stage_since users sessions events contacts
		created_at updated_at last_seen_at tags subscriptions segments`),
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(names) {
		m[name] = true
	}
	return m
}

// columnOf is the name of the attribute's column: its own name, or, where a
// column of ours has that name in whatever case, custom_ and the name. So that
// the result never meets an attribute which is called custom_… itself, that one
// gets the prefix once more.
func columnOf(entity Entity, name string) string {
	rest := strings.ToLower(name)
	for strings.HasPrefix(rest, prefix) {
		rest = strings.TrimPrefix(rest, prefix)
	}
	if reserved[entity][rest] {
		return prefix + name
	}
	return name
}
