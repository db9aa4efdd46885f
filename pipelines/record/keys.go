package record

// Keys are the names by which a record calls a person, strongest first. In
// text; empty means not given.
type Keys struct {
	UserID      string `parquet:"user_id,optional,dict"`
	Email       string `parquet:"email,optional,dict"` // lower case, trimmed
	SourceID    string `parquet:"source_id,optional,dict"`
	AnonymousID string `parquet:"anonymous_id,optional,dict"`
}

// KeyKind names one of the four kinds of key.
type KeyKind string

// The kinds of key, strongest first.
const (
	ByUserID      KeyKind = "user_id"
	ByEmail       KeyKind = "email"
	BySourceID    KeyKind = "source_id"
	ByAnonymousID KeyKind = "anonymous_id"
)

// Strongest is the key that the record's facts are filed under, and its kind;
// both are empty when it has none. A placeholder is taken only where there is
// nothing else.
func (k Keys) Strongest() (KeyKind, string) {
	if named := k.withoutPlaceholders(); named != (Keys{}) {
		k = named
	}
	switch {
	case k.UserID != "":
		return ByUserID, k.UserID
	case k.Email != "":
		return ByEmail, k.Email
	case k.SourceID != "":
		return BySourceID, k.SourceID
	case k.AnonymousID != "":
		return ByAnonymousID, k.AnonymousID
	}
	return "", ""
}

func (k Keys) withoutPlaceholders() Keys {
	for _, key := range []*string{&k.UserID, &k.Email, &k.SourceID, &k.AnonymousID} {
		if IsPlaceholder(*key) {
			*key = ""
		}
	}
	return k
}

// keys reads the keys of a person that stand in an object of their own (a user,
// a contact, an author), where id is the sending system's own.
func (d *decoder) keys() Keys {
	k := d.namedKeys()
	if id := d.key("id"); k.SourceID == "" {
		k.SourceID = id
	}
	return k
}

// namedKeys reads the keys of a person that stand in a record about something
// else, where id is that thing's.
func (d *decoder) namedKeys() Keys {
	return Keys{
		UserID:      d.key("user_id", "external_id"),
		Email:       d.email("email"),
		SourceID:    d.key("source_id", "intercom_user_id"),
		AnonymousID: d.key("anonymous_id"),
	}
}

// personKeys are namedKeys, or, where there is none, those of the person who
// stands as an object in the record.
func (d *decoder) personKeys() Keys {
	k := d.namedKeys()
	for _, name := range []string{"user", "contact", "customer", "lead"} {
		if k != (Keys{}) {
			break
		}
		if member, ok := d.find(name); ok && member.raw[0] == '{' {
			member.taken = true
			inner := d.within(member.raw)
			k = inner.keys()
			d.absorb(inner, name)
		}
	}
	return k
}

// companyKey is the company that a record about something else names.
func (d *decoder) companyKey() string {
	id := d.key("company_id")
	if member, ok := d.find("company"); ok && id == "" && member.raw[0] == '{' {
		member.taken = true
		inner := d.within(member.raw)
		id = inner.key("company_id", "id", "source_id", "name")
		d.absorb(inner, "company")
	}
	return id
}

// KeyOf is the key under which a record is produced, so that the records of
// one entity keep their order: the person's strongest key, the company's id or
// the conversation's. Empty if the record has none or cannot be read.
func KeyOf(kind Kind, value []byte) string {
	members, err := open(value, nil)
	if err != nil {
		return ""
	}
	d := &decoder{object: members}
	key := ""
	switch kind {
	case KindUser:
		_, key = d.userKeys().Strongest()
	case KindCompany:
		key = d.key("company_id", "source_id", "id")
	case KindConversation:
		key = d.key("conversation_id", "id")
	case KindEvent, KindTag, KindEnrichment:
		if _, key = d.personKeys().Strongest(); key == "" {
			key = d.companyKey()
		}
	case KindDelivery:
		key = d.key("person_id")
	case KindMerge:
		_, key = d.oneKey("into")
	}
	if d.err != nil {
		return ""
	}
	return key
}
