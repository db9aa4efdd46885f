package record

import "time"

// Tag is the tagging of a person or a company, as it lands.
type Tag struct {
	Landed
	RecordID string `parquet:"record_id"`
	Tag      string `parquet:"tag,dict"`
	Keys
	CompanyID string    `parquet:"company_id,optional,dict"`
	TaggedAt  time.Time `parquet:"tagged_at,timestamp(microsecond)"`
	TaggedBy  string    `parquet:"tagged_by,optional,dict"`
	Removed   bool      `parquet:"removed"`
}
