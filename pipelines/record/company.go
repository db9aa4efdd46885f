package record

import "time"

// Company is one record about a company, as it lands. Zero values and Cleared
// are as in User.
type Company struct {
	Landed
	RecordID         string    `parquet:"record_id"`
	CompanyID        string    `parquet:"company_id,optional,dict"` // else SourceID stands in
	SourceID         string    `parquet:"source_id,optional,dict"`
	EffectiveAt      time.Time `parquet:"effective_at,timestamp(microsecond)"`
	Name             string    `parquet:"name,optional"`
	Plan             string    `parquet:"plan,optional,dict"`
	MonthlySpend     string    `parquet:"monthly_spend,optional"` // decimal number as text, exact
	Currency         string    `parquet:"currency,optional,dict"` // upper case
	CreatedAt        time.Time `parquet:"created_at,optional,timestamp(microsecond)"`
	Stage            string    `parquet:"stage,optional,dict"`
	Subscriptions    string    `parquet:"subscriptions,optional"` // JSON array as sent
	Tags             string    `parquet:"tags,optional"`          // JSON array of tag names
	CustomAttributes string    `parquet:"custom_attributes,optional"`
	Cleared          string    `parquet:"cleared,optional"`
}
