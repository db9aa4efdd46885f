package demo

import (
	"strconv"
	"time"

	"github.com/segmentio/encoding/json"
)

// object writes one JSON object, its members in the order in which they are added.
type object struct{ text []byte }

func newObject() *object { return &object{text: append(make([]byte, 0, 384), '{')} }

func (o *object) name(name string) {
	if last := o.text[len(o.text)-1]; last != '{' {
		o.text = append(o.text, ',')
	}
	o.text = append(json.AppendEscape(o.text, name, 0), ':')
}

func (o *object) put(name, text string) *object {
	o.name(name)
	o.text = json.AppendEscape(o.text, text, 0)
	return o
}

// putIf leaves the member out when there is no text.
func (o *object) putIf(name, text string) *object {
	if text == "" {
		return o
	}
	return o.put(name, text)
}

// putOrNull writes null when there is no text.
func (o *object) putOrNull(name, text string) *object {
	if text == "" {
		return o.raw(name, "null")
	}
	return o.put(name, text)
}

func (o *object) number(name string, value int64) *object {
	o.name(name)
	o.text = strconv.AppendInt(o.text, value, 10)
	return o
}

func (o *object) flag(name string, value bool) *object {
	o.name(name)
	o.text = strconv.AppendBool(o.text, value)
	return o
}

// unix writes a time in Unix seconds, or null.
func (o *object) unix(name string, at time.Time) *object {
	if at.IsZero() {
		return o.raw(name, "null")
	}
	return o.number(name, at.Unix())
}

// iso writes a time as ISO 8601 in UTC.
func (o *object) iso(name string, at time.Time) *object {
	return o.put(name, at.UTC().Format("2006-01-02T15:04:05Z"))
}

// raw writes text that is JSON already.
func (o *object) raw(name, text string) *object {
	o.name(name)
	o.text = append(o.text, text...)
	return o
}

func (o *object) object(name string, inner *object) *object {
	o.name(name)
	o.text = append(o.text, inner.bytes()...)
	return o
}

// list writes Intercom's kind of list: an object that says what it lists.
func (o *object) list(name, kind, member string, elements []*object) {
	inner := newObject().put("type", kind+".list")
	inner.name(member)
	inner.text = appendArray(inner.text, elements)
	o.object(name, inner)
}

func (o *object) array(name string, elements []*object) *object {
	o.name(name)
	o.text = appendArray(o.text, elements)
	return o
}

func appendArray(text []byte, elements []*object) []byte {
	text = append(text, '[')
	for i, element := range elements {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, element.bytes()...)
	}
	return append(text, ']')
}

// bytes ends the object. It may be asked for once.
func (o *object) bytes() []byte { return append(o.text, '}') }
