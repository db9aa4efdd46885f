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
	Metadata    string `parquet:"metadata,optional"` // JSON object as sent
}
