package settle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// The types of a value. A null clears.
const (
	typeText    = "text"
	typeNumber  = "number"  // a decimal number as it was written
	typeBoolean = "boolean" // true or false
	typeTime    = "time"    // ISO 8601 in UTC
	typeNull    = "null"
	typeJSON    = "json" // an object or an array
)

// observation is what one record says of one attribute.
type observation struct {
	name      string
	value     *string // nil: null
	valueType string
	isCustom  bool
}

// observer takes observations. Its methods are for the attributes that have a
// column of their own, where a zero value says nothing.
type observer func(observation)

func (o observer) value(name, value, valueType string) {
	o(observation{name: name, value: &value, valueType: valueType})
}

func (o observer) text(name, value string) {
	if value != "" {
		o.value(name, value, typeText)
	}
}

func (o observer) time(name string, micros *int64) {
	if micros != nil {
		o.value(name, timeText(time.UnixMicro(*micros)), typeTime)
	}
}

// cleared observes a null for each of columns that the JSON array list names.
// What else it names is given back.
func (o observer) cleared(list string, columns []string) (others []string, err error) {
	names, err := textList(list)
	if err != nil {
		return nil, fmt.Errorf("cleared: %w", err)
	}
	for _, name := range names {
		if slices.Contains(columns, name) {
			o(observation{name: name, valueType: typeNull})
		} else {
			others = append(others, name)
		}
	}
	return others, nil
}

// customAttributes observes each member of the JSON object doc. A value whose
// name ends in _at is a time if it can be read as one, Unix seconds too.
func customAttributes(doc string, observed observer) error {
	if doc == "" {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(doc), &members); err != nil {
		return fmt.Errorf("custom_attributes: %w", err)
	}
	for name, raw := range members {
		value, valueType, err := valueOf(name, raw)
		if err != nil {
			return fmt.Errorf("custom_attributes: %s: %w", name, err)
		}
		o := observation{name: name, valueType: valueType, isCustom: true}
		if valueType != typeNull {
			o.value = &value
		}
		observed(o)
	}
	return nil
}

func valueOf(name string, raw json.RawMessage) (value, valueType string, err error) {
	switch raw[0] {
	case 'n':
		return "", typeNull, nil
	case 't', 'f':
		return string(raw), typeBoolean, nil
	case '{', '[':
		return string(raw), typeJSON, nil
	}
	if strings.HasSuffix(name, "_at") {
		if at, err := record.ParseTime(raw); err == nil {
			return timeText(at), typeTime, nil
		}
	}
	if raw[0] != '"' {
		return string(raw), typeNumber, nil
	}
	err = json.Unmarshal(raw, &value)
	return value, typeText, err
}

func timeText(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999Z") }

// textList reads a JSON array of text; "" is an empty one.
func textList(list string) (names []string, err error) {
	if list == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(list), &names)
	return names, err
}
