package record

import (
	"slices"
	"strings"
	"time"
)

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

// envelope are the names by which an event of Intercom's says where it is from.
var envelope = map[string]bool{"type": true, "app_id": true, "workspace_id": true, "user_hash": true}

// metadata is the event's metadata as a JSON object, "" if there is none. What
// else stands at the top level joins it, so that nothing is lost; of one name
// metadata's own counts.
func (d *decoder) metadata() string {
	var own object
	if raw, ok := d.take("metadata"); ok && raw != "null" {
		switch elements, isList := listIn(raw); {
		case raw[0] == '{':
			own = membersOf(raw)
		case isList && len(elements) == 0: // how PHP writes an empty object
		default:
			d.fail(BadField, "metadata: is %s; send an object", describe(raw))
		}
	}
	var all object
	for _, member := range d.object {
		if !member.taken && !envelope[member.name] && member.raw != "null" {
			all = append(all, member)
		}
	}
	if all = append(all, own...); len(all) == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return string(appendObject(nil, all.lastOfEach()))
}
