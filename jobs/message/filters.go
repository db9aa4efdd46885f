package message

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/osteele/liquid"
	standard "github.com/osteele/liquid/filters"
	"github.com/osteele/liquid/values"
)

// builtIn are the variables that every person has, known or not.
var builtIn = []string{"first_name", "name", "email", "user_id"}

// bindings are the variables of a template. What is not known is absent, so
// that `if` and `fallback` see it alike; empty text counts as not known.
func bindings(person Person) map[string]any {
	attributes := map[string]any{}
	for key, value := range person.Attributes {
		if value = known(value); value != nil {
			attributes[key] = value
		}
	}
	bound := maps.Clone(attributes)
	bound[attributesName] = attributes
	for key, value := range map[string]string{
		"first_name": person.FirstName(), "name": person.Name, "email": person.Email, "user_id": person.UserID,
	} {
		delete(bound, key)
		if value = clean(value); value != "" {
			bound[key] = value
		}
	}
	return bound
}

// known is the value as templates see it: text on one line, whole numbers as int.
func known(value any) any {
	switch value := value.(type) {
	case string:
		if value = clean(value); value == "" {
			return nil
		}
		return value
	case interface{ Int64() (int64, error) }: // a number of JSON's
		if whole, err := value.Int64(); err == nil {
			return int(whole)
		}
		if number, ok := value.(interface{ Float64() (float64, error) }); ok {
			if float, err := number.Float64(); err == nil {
				return float
			}
		}
		return nil
	case float64:
		if whole := int(value); float64(whole) == value {
			return whole
		}
		return value
	default:
		return value
	}
}

// filters are those that templates know. Of Liquid's own the ones are kept that
// do what they say for any text; those that cut letters in the middle of their
// bytes, read the clock or make HTML are not among them.
var filters = func() map[string]any {
	taken := collector{}
	standard.AddStandardFilters(taken)
	kept := map[string]any{}
	for _, name := range []string{"append", "prepend", "replace", "remove", "strip", "downcase", "upcase", "plus", "minus", "times", "divided_by", "round", "ceil", "floor", "abs"} {
		kept[name] = taken[name]
	}
	kept["fallback"] = fallback
	kept["default"] = fallback
	kept["capitalize"] = capitalize
	kept["truncate"] = truncate
	kept["date"] = func(any, func(string) string) (any, error) { return nil, nil } // bound to a zone by engine
	return kept
}()

// strftime is Liquid's own filter for dates.
var strftime = func() func(time.Time, func(string) string) (string, error) {
	taken := collector{}
	standard.AddStandardFilters(taken)
	return taken["date"].(func(time.Time, func(string) string) (string, error))
}()

type collector map[string]any

// AddFilter takes one of Liquid's standard filters down.
func (c collector) AddFilter(name string, filter any) { c[name] = filter }

func filterNames() []string { return slices.Sorted(maps.Keys(filters)) }

// engine is Liquid with the filters of messages; date writes times in location.
func engine(location *time.Location) *liquid.Engine {
	if location == nil {
		location = time.UTC
	}
	engine := liquid.NewEngine()
	for name, filter := range filters {
		engine.RegisterFilter(name, filter)
	}
	engine.RegisterFilter("date", func(value any, format func(string) string) (any, error) {
		moment, ok := value.(time.Time)
		if text, isText := value.(string); isText {
			parsed, err := values.ParseDate(text)
			moment, ok = parsed, err == nil && text != "now"
		}
		if !ok {
			return nil, nil // no date: nothing, so that a fallback can follow
		}
		return strftime(moment.In(location), format)
	})
	engine.RegisterFilter("seal", seal)
	return engine
}

func fallback(value, other any) any {
	if text, ok := value.(string); value == nil || ok && strings.TrimSpace(text) == "" {
		return other
	}
	return value
}

func capitalize(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return strings.ToUpper(string(first)) + text[size:]
}

func truncate(text string, length func(int) int) string {
	letters := []rune(text)
	most := max(length(50), 1)
	if len(letters) <= most {
		return text
	}
	return strings.TrimRight(string(letters[:most-1]), " ") + "…"
}
