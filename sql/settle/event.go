package settle

import (
	"cmp"
	"strings"

	"parley/pipelines/record"
)

// eventRow is one event. Of several with one id the earliest stands, and of
// those the one whose content is the smallest.
type eventRow struct {
	EventID     string `parquet:"event_id"`
	EventName   string `parquet:"event_name,dict"`
	OccurredAt  int64  `parquet:"occurred_at,timestamp(microsecond)"`
	KeyKind     string `parquet:"key_kind,dict"`
	Key         string `parquet:"key,dict"`
	UserID      string `parquet:"user_id,optional,dict"`
	Email       string `parquet:"email,optional,dict"`
	SourceID    string `parquet:"source_id,optional,dict"`
	AnonymousID string `parquet:"anonymous_id,optional,dict"`
	CompanyID   string `parquet:"company_id,optional,dict"`
	URL         string `parquet:"url,optional"`
	Referrer    string `parquet:"referrer,optional"`
	UTMSource   string `parquet:"utm_source,optional,dict"`
	UTMMedium   string `parquet:"utm_medium,optional,dict"`
	UTMCampaign string `parquet:"utm_campaign,optional,dict"`
	UTMTerm     string `parquet:"utm_term,optional,dict"`
	UTMContent  string `parquet:"utm_content,optional,dict"`
	IP          string `parquet:"ip,optional"`
	Metadata    string `parquet:"metadata,optional"`
}

var events = table[eventRow]{
	name: "settled_events",
	compare: func(a, b *eventRow) int {
		if c := cmp.Compare(a.OccurredAt, b.OccurredAt); c != 0 {
			return c
		}
		return strings.Compare(a.EventID, b.EventID)
	},
	merge: func(row, other *eventRow) bool {
		if compareEventContent(other, row) >= 0 {
			return false
		}
		*row = *other
		return true
	},
	// One id reported under two dates is one event of the earlier: the index of ids finds it.
	date: func(r *eventRow) date { return dateOf(r.OccurredAt) },
	unbounded: []string{
		"event_id", "key", "user_id", "email", "source_id", "anonymous_id", "company_id", "url", "referrer", "ip", "metadata",
	},
}

func compareEventContent(a, b *eventRow) int {
	others := b.texts()
	for i, text := range a.texts() {
		if c := strings.Compare(*text, *others[i]); c != 0 {
			return c
		}
	}
	return strings.Compare(a.Metadata, b.Metadata)
}

// landedEvent holds what is read here of a landed event. Times are numbers:
// as a time.Time the Parquet reader would garble years outside 1678 to 2262.
type landedEvent struct {
	EventID    string `parquet:"event_id"`
	EventName  string `parquet:"event_name,dict"`
	OccurredAt int64  `parquet:"occurred_at,timestamp(microsecond)"`
	record.Keys
	CompanyID   string `parquet:"company_id,optional,dict"`
	URL         string `parquet:"url,optional"`
	Referrer    string `parquet:"referrer,optional"`
	UTMSource   string `parquet:"utm_source,optional,dict"`
	UTMMedium   string `parquet:"utm_medium,optional,dict"`
	UTMCampaign string `parquet:"utm_campaign,optional,dict"`
	UTMTerm     string `parquet:"utm_term,optional,dict"`
	UTMContent  string `parquet:"utm_content,optional,dict"`
	IP          string `parquet:"ip,optional"`
	Metadata    string `parquet:"metadata,optional"`
}

func (f *fold) event(e *landedEvent) error {
	var held heldEvent
	held, f.buffer = hold(&eventRow{
		EventID: e.EventID, EventName: e.EventName, OccurredAt: e.OccurredAt,
		UserID: e.UserID, Email: e.Email, SourceID: e.SourceID, AnonymousID: e.AnonymousID,
		CompanyID: e.CompanyID, URL: e.URL, Referrer: e.Referrer,
		UTMSource: e.UTMSource, UTMMedium: e.UTMMedium, UTMCampaign: e.UTMCampaign, UTMTerm: e.UTMTerm, UTMContent: e.UTMContent,
		IP: e.IP, Metadata: e.Metadata,
	}, f.buffer)
	f.events.put(held)
	f.eventIDs.put(e.EventID, e.OccurredAt)
	f.seenTogether(e.Keys, e.OccurredAt)
	return nil
}
