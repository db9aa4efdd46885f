package record

import "time"

// User is one record about a person, as it lands: what it names and nothing
// else. A zero value is null: not named, or, where Cleared lists the column,
// named as null.
type User struct {
	Landed
	RecordID string `parquet:"record_id"` // hash of the content: the same content twice counts once
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
	Companies             string    `parquet:"companies,optional"`         // JSON array of company objects as sent
	Tags                  string    `parquet:"tags,optional"`              // JSON array of tag names
	Enrichment            string    `parquet:"enrichment,optional"`        // JSON: social profiles as sent
	CustomAttributes      string    `parquet:"custom_attributes,optional"` // JSON object; a null value clears
	Cleared               string    `parquet:"cleared,optional"`           // JSON array: columns named as null
}
