package record

import (
	"strings"
	"time"
)

// Tag is the tagging of a person or a company, as it lands.
type Tag struct {
	Landed
	RecordID string `parquet:"record_id"` // hash of the content: the same content twice counts once
	Tag      string `parquet:"tag,dict"`
	Keys
	CompanyID string    `parquet:"company_id,optional,dict"`
	TaggedAt  time.Time `parquet:"tagged_at,timestamp(microsecond)"`
	TaggedBy  string    `parquet:"tagged_by,optional,dict"`
	Removed   bool      `parquet:"removed"`
}

// Decode reads one tagging. The error is a *Error; the row is then not to be used.
func (t *Tag) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*t = Tag{Landed: at.landed(), RecordID: contentID(d.object), Tag: d.tagName(), Keys: d.personKeys(), CompanyID: d.companyKey()}
	if t.Tag == "" {
		d.fail(BadKey, "a tag needs tag, its name")
	}
	if _, key := t.Strongest(); key == "" && t.CompanyID == "" {
		d.fail(BadKey, "a tag needs one of user_id, email, anonymous_id, source_id or company_id")
	}
	for _, name := range []string{"at", "applied_at", "created_at"} { // the latter two are Intercom's
		if tagged := d.time(name); t.TaggedAt.IsZero() {
			t.TaggedAt = tagged
		}
	}
	if t.TaggedAt.IsZero() {
		d.fail(BadKey, "a tag needs at, the time at which it was given")
	}
	t.TaggedBy = d.actor("by")
	if t.TaggedBy == "" {
		t.TaggedBy = d.actor("applied_by")
	}
	if removed := d.flag("removed"); removed != nil {
		t.Removed = *removed
	}
	return d.fault()
}

// EventTime is when the tag was given or taken, in UTC.
func (t *Tag) EventTime() time.Time { return t.TaggedAt }

// tagName is the tag's name: text, an object with a name, or, in Intercom's
// tag objects, the object's own name.
func (d *decoder) tagName() string {
	if member, ok := d.find("tag"); ok && member.raw[0] == '{' {
		member.taken = true
		inner := d.within(member.raw)
		name := inner.text("name")
		d.absorb(inner, "tag")
		return strings.TrimSpace(name)
	}
	if d.isType("tag") {
		return strings.TrimSpace(d.text("tag", "name"))
	}
	return strings.TrimSpace(d.text("tag"))
}

// actor is who did it: an id or a name, or an object with one.
func (d *decoder) actor(name string) string {
	member, ok := d.find(name)
	if !ok {
		return ""
	}
	if member.raw[0] != '{' {
		return d.text(name)
	}
	member.taken = true
	inner := d.within(member.raw)
	id := inner.key("id", "user_id", "email", "name")
	d.absorb(inner, name)
	return id
}
