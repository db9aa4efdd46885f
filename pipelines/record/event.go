package record

import "time"

// PageView is the name of the event that makes sessions.
const PageView = "page_view"

// Event is one happening with a name and a time, as it lands.
type Event struct {
	Landed
	EventID    string    `parquet:"event_id"` // the record's id, else the hash of its content
	EventName  string    `parquet:"event_name,dict"`
	OccurredAt time.Time `parquet:"occurred_at,timestamp(microsecond)"`
	Keys
	CompanyID   string `parquet:"company_id,optional,dict"`
	URL         string `parquet:"url,optional"`
	Referrer    string `parquet:"referrer,optional"`
	UTMSource   string `parquet:"utm_source,optional,dict"`
	UTMMedium   string `parquet:"utm_medium,optional,dict"`
	UTMCampaign string `parquet:"utm_campaign,optional,dict"`
	UTMTerm     string `parquet:"utm_term,optional,dict"`
	UTMContent  string `parquet:"utm_content,optional,dict"`
	IP          string `parquet:"ip,optional"`
	Metadata    string `parquet:"metadata,optional"` // JSON object as sent, if not empty, with what else stood at the top level
}

// Decode reads one event: Parley's own form, or an event of Intercom's API. The
// error is a *Error; the row is then not to be used.
func (e *Event) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*e = Event{Landed: at.landed(), EventID: d.key("id"), EventName: d.key("event_name", "name")}
	if e.EventName == "" {
		d.fail(BadKey, "an event needs event_name")
	}
	e.OccurredAt = d.time("created_at")
	if e.OccurredAt.IsZero() {
		d.fail(BadKey, "an event needs created_at, the time at which it happened")
	}
	e.Keys = d.personKeys()
	if _, key := e.Strongest(); key == "" {
		d.fail(BadKey, "an event needs one of user_id, email, anonymous_id or source_id")
	}
	e.CompanyID = d.companyKey()
	e.URL, e.Referrer = d.text("url"), d.text("referrer")
	e.UTMSource, e.UTMMedium, e.UTMCampaign = d.text("utm_source"), d.text("utm_medium"), d.text("utm_campaign")
	e.UTMTerm, e.UTMContent = d.text("utm_term"), d.text("utm_content")
	e.IP = d.text("ip")
	e.Metadata = d.metadata()
	if e.EventID == "" {
		e.EventID = contentID(d.object)
	}
	return d.fault()
}

// EventTime is when it happened, in UTC.
func (e *Event) EventTime() time.Time { return e.OccurredAt }

// isEnvelope says whether an event of Intercom's says under the name where it is from.
func isEnvelope(name string) bool {
	switch name {
	case "type", "app_id", "workspace_id", "user_hash":
		return true
	}
	return false
}

// metadata is the event's metadata as a JSON object, "" if there is none. What
// else stands at the top level joins it, so that nothing is lost; of one name
// metadata's own counts.
func (d *decoder) metadata() string {
	var own object
	if raw, ok := d.take("metadata"); ok && raw != "null" {
		switch {
		case raw[0] == '{':
			d.inner, _ = splitObject(d.inner, raw)
			own = d.inner
		case raw[0] == '[' && len(elementsOf(raw)) == 0: // how PHP writes an empty object
		default:
			d.fail(BadField, "metadata: is %s; send an object", describe(raw))
		}
	}
	var rest object
	for i := range d.object {
		if member := &d.object[i]; !member.taken && !isEnvelope(member.name) && member.raw != "null" {
			rest = append(rest, *member)
		}
	}
	if len(rest) > 0 {
		own = append(rest, own...).inOrder()
	}
	if len(own) == 0 {
		return ""
	}
	d.joined = appendObject(d.joined[:0], own)
	return string(d.joined)
}
