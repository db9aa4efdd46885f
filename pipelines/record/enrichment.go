package record

import (
	"strings"
	"time"
)

// Enrichment is what somebody else says of a person or a company, as it lands:
// it stands beside what the company itself sends, never over it.
type Enrichment struct {
	Landed
	RecordID string `parquet:"record_id"`   // as in User
	Source   string `parquet:"source,dict"` // who says it, in small letters
	Keys
	CompanyID   string    `parquet:"company_id,optional,dict"`
	EffectiveAt time.Time `parquet:"effective_at,timestamp(microsecond)"` // updated_at, else Kafka's timestamp
	Attributes  string    `parquet:"attributes"`                          // JSON object; a null value clears what the source said
}

// Decode reads one enrichment. The error is a *Error; the row is then not to be used.
func (e *Enrichment) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	*e = Enrichment{Landed: at.landed(), Keys: d.personKeys(), CompanyID: d.companyKey(), EffectiveAt: d.effective()}
	e.RecordID = d.observationID(e.EffectiveAt)
	e.Source = strings.ToLower(strings.TrimSpace(d.text("source")))
	switch {
	case e.Source == "":
		d.fail(BadKey, "an enrichment needs source, the name of who says it")
	case len(e.Source) > maxKey:
		d.fail(BadSize, "source: has %d bytes; send at most %d", len(e.Source), maxKey)
	case e.Source == OwnSource:
		d.fail(BadField, "source: %q is what the company itself sends; give the source another name", OwnSource)
	}
	_, key := e.Strongest()
	switch {
	case key == "" && e.CompanyID == "":
		d.fail(BadKey, "an enrichment needs one of user_id, email, anonymous_id, source_id or company_id")
	case key != "" && e.CompanyID != "":
		d.fail(BadKey, "an enrichment names a person and a company; send one for each")
	}
	raw, ok := d.take("attributes")
	if !ok || raw[0] != '{' || len(membersOf(raw)) == 0 {
		d.fail(BadKey, "an enrichment needs attributes, an object with what the source says")
		return d.fault()
	}
	inner := &decoder{object: object{{head: headOf("custom_attributes"), name: "custom_attributes", raw: raw}}, at: at}
	var stage string
	e.Attributes = inner.attributesAs(&stage, true)
	d.absorb(inner, "attributes")
	return d.fault()
}

// OwnSource is how the workspace's settings call what the company itself sends.
const OwnSource = "own"

// EventTime is the instant from which it holds, in UTC.
func (e *Enrichment) EventTime() time.Time { return e.EffectiveAt }
