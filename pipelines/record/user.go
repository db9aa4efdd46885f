package record

import "time"

// User is one record about a person, as it lands: what it names and nothing
// else. A zero value is null: not named, or, where Cleared lists the column,
// named as null.
type User struct {
	Landed
	RecordID string `parquet:"record_id"` // hash of content and EffectiveAt: the same observation twice counts once
	Keys
	EffectiveAt           time.Time `parquet:"effective_at,timestamp(microsecond)"` // updated_at, else Kafka's timestamp
	Name                  string    `parquet:"name,optional"`
	Phone                 string    `parquet:"phone,optional"`
	CreatedAt             time.Time `parquet:"created_at,optional,timestamp(microsecond)"`
	SignedUpAt            time.Time `parquet:"signed_up_at,optional,timestamp(microsecond)"`
	LastSeenAt            time.Time `parquet:"last_seen_at,optional,timestamp(microsecond)"`
	IP                    string    `parquet:"ip,optional"`
	City                  string    `parquet:"city,optional,dict"`
	Country               string    `parquet:"country,optional,dict"`
	Timezone              string    `parquet:"timezone,optional,dict"`
	Stage                 string    `parquet:"stage,optional,dict"`
	UnsubscribedFromEmail *bool     `parquet:"unsubscribed_from_emails,optional"`
	Companies             string    `parquet:"companies,optional"`         // JSON array of company objects as sent, each with its company_id: each is a record that Company decodes
	Tags                  string    `parquet:"tags,optional"`              // JSON array of tag names
	Enrichment            string    `parquet:"enrichment,optional"`        // JSON: social profiles as sent
	CustomAttributes      string    `parquet:"custom_attributes,optional"` // JSON object; a null value clears
	Cleared               string    `parquet:"cleared,optional"`           // JSON array: columns named as null
}

// Decode reads one record about a person: Parley's own form, or a user,
// contact, lead or visitor of either generation of Intercom's API. The error is
// a *Error; the row is then not to be used.
func (u *User) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*u = User{Landed: at.landed(), Keys: d.userKeys()}
	if _, key := u.Strongest(); key == "" {
		d.fail(BadKey, "a user needs one of user_id, email, anonymous_id or source_id (id in Intercom's objects)")
	}
	if d.has("email") && u.Email == "" {
		d.clear("email")
	}
	u.EffectiveAt = d.effective()
	u.RecordID = d.observationID(u.EffectiveAt)
	u.Name = d.text("name")
	u.Phone = d.text("phone")
	u.readTimes(d)
	u.IP = d.text("ip", "last_seen_ip")
	u.Stage = d.text("stage")
	u.UnsubscribedFromEmail = d.flag("unsubscribed_from_emails")
	u.readPlace(d)
	u.Companies = d.companies()
	u.Tags = d.nameList("tags")
	if raw, ok := d.take("social_profiles"); ok {
		if profiles, ok := listIn(raw); ok && len(profiles) > 0 {
			u.Enrichment = canonical(raw)
		}
	}
	u.CustomAttributes = d.attributes(&u.Stage)
	u.Cleared = d.clearedColumns()
	return d.fault()
}

// EventTime is the instant from which the record holds, in UTC.
func (u *User) EventTime() time.Time { return u.EffectiveAt }

// userKeys reads the keys of a user record. What Intercom calls the user_id of
// a visitor is the cookie's.
func (d *decoder) userKeys() Keys {
	k := d.keys()
	if d.isType("visitor") && k.AnonymousID == "" {
		k.AnonymousID, k.UserID = k.UserID, ""
	}
	return k
}

// isType says whether the object calls itself one of types, by type or role.
func (d *decoder) isType(types ...string) bool {
	for _, name := range []string{"type", "role"} {
		if member, ok := d.find(name); ok && member.raw[0] == '"' {
			for _, typ := range types {
				if unquote(member.raw) == typ {
					return true
				}
			}
		}
	}
	return false
}

// readTimes reads when the person came and was last seen. Signed up is
// signed_up_at or remote_created_at where the record has that key (null: not
// signed up), else created_at; leads and visitors have not signed up by being
// created.
func (u *User) readTimes(d *decoder) {
	named := d.has("signed_up_at") || d.has("remote_created_at")
	u.CreatedAt = d.time("created_at")
	u.SignedUpAt = d.time("signed_up_at")
	if remote := d.time("remote_created_at"); u.SignedUpAt.IsZero() {
		u.SignedUpAt = remote
	}
	d.uncleared("remote_created_at")
	switch {
	case d.isType("visitor"):
		u.SignedUpAt = time.Time{}
		d.uncleared("signed_up_at")
	case named && u.SignedUpAt.IsZero():
		d.clear("signed_up_at")
	case named:
		d.uncleared("signed_up_at")
	case d.isType("lead"):
	case u.CreatedAt.IsZero() && d.has("created_at"):
		d.clear("signed_up_at")
	default:
		u.SignedUpAt = u.CreatedAt
	}
	u.LastSeenAt = d.time("last_seen_at")
	if request := d.time("last_request_at"); u.LastSeenAt.IsZero() && !request.IsZero() {
		u.LastSeenAt = request
		d.uncleared("last_seen_at")
	}
	d.uncleared("last_request_at")
}

// readPlace reads city, country and time zone, by themselves or inside
// location (second generation) or location_data (first).
func (u *User) readPlace(d *decoder) {
	u.City, u.Country, u.Timezone = d.text("city"), d.text("country"), d.text("timezone")
	for _, name := range []string{"location", "location_data"} {
		member, ok := d.find(name)
		if !ok || (member.raw[0] != '{' && member.raw[0] != 'n') {
			continue // text is an attribute like any other
		}
		member.taken = true
		if member.raw[0] == 'n' {
			continue
		}
		place := d.within(member.raw)
		city := place.text("city", "city_name")
		country := place.text("country", "country_name", "country_code")
		timezone := place.text("timezone", "time_zone")
		d.absorb(place, name)
		d.prefer(&u.City, city, "city", place)
		d.prefer(&u.Country, country, "country", place)
		d.prefer(&u.Timezone, timezone, "timezone", place)
	}
}

// prefer fills the column from the object inside the record where the record
// itself says nothing.
func (d *decoder) prefer(column *string, text, name string, inside *decoder) {
	switch {
	case *column != "":
	case text != "":
		*column = text
		d.uncleared(name)
	case inside.wasCleared(name):
		d.clear(name)
	}
}
