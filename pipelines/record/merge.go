package record

import "time"

// Merge says that two people are one, as it lands, or, where Undo is set, that
// they are not.
type Merge struct {
	Landed
	RecordID string    `parquet:"record_id"` // hash of the content: the same content twice counts once
	IntoKind KeyKind   `parquet:"into_kind,dict"`
	IntoKey  string    `parquet:"into_key"` // who stays
	FromKind KeyKind   `parquet:"from_kind,dict"`
	FromKey  string    `parquet:"from_key"` // who is merged into them
	MergedAt time.Time `parquet:"merged_at,timestamp(microsecond)"`
	MergedBy string    `parquet:"merged_by,optional,dict"`
	Undo     bool      `parquet:"undo"`
}

// Decode reads one merge. The error is a *Error; the row is then not to be used.
func (m *Merge) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*m = Merge{Landed: at.landed(), RecordID: contentID(d.object)}
	m.IntoKind, m.IntoKey = d.oneKey("into")
	m.FromKind, m.FromKey = d.oneKey("from")
	if m.IntoKey != "" && m.IntoKind == m.FromKind && m.IntoKey == m.FromKey {
		d.fail(BadField, "into and from are both %s %s; name two people", m.IntoKind, quoteShort(m.IntoKey))
	}
	if m.MergedAt = d.time("at"); m.MergedAt.IsZero() {
		d.fail(BadKey, "a merge needs at, the time from which the two are one")
	}
	m.MergedBy = d.actor("by")
	if undo := d.flag("undo"); undo != nil {
		m.Undo = *undo
	}
	return d.fault()
}

// EventTime is when the two were merged, or parted, in UTC.
func (m *Merge) EventTime() time.Time { return m.MergedAt }

// oneKey is the one key of a person in the object under name.
func (d *decoder) oneKey(name string) (KeyKind, string) {
	member, ok := d.find(name)
	if !ok || member.raw[0] != '{' {
		d.fail(BadKey, `a merge needs %s, an object with one key of a person, as in {"user_id": "42"}`, name)
		return "", ""
	}
	member.taken = true
	inner := d.within(member.raw)
	keys := inner.namedKeys()
	d.absorb(inner, name)
	kind, key := keys.Strongest()
	if key == "" {
		d.fail(BadKey, "%s: has none of user_id, email, source_id and anonymous_id; name one", name)
	}
	if IsPlaceholder(key) {
		d.fail(BadKey, "%s: %s %s is what is sent where there is no key; name a person", name, kind, quoteShort(key))
	}
	if rest := keys.without(kind); rest != (Keys{}) {
		d.fail(BadField, "%s: names a person by several keys; name one of them", name)
	}
	return kind, key
}

// without are the keys but that of a kind.
func (k Keys) without(kind KeyKind) Keys {
	switch kind {
	case ByUserID:
		k.UserID = ""
	case ByEmail:
		k.Email = ""
	case BySourceID:
		k.SourceID = ""
	case ByAnonymousID:
		k.AnonymousID = ""
	}
	return k
}
