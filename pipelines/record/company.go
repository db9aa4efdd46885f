package record

import (
	"fmt"
	"strings"
	"time"
)

// Company is one record about a company, as it lands. Zero values and Cleared
// are as in User.
type Company struct {
	Landed
	RecordID         string    `parquet:"record_id"`                // as in User
	CompanyID        string    `parquet:"company_id,optional,dict"` // never empty: SourceID stands in for a missing one
	SourceID         string    `parquet:"source_id,optional,dict"`
	EffectiveAt      time.Time `parquet:"effective_at,timestamp(microsecond)"`
	Name             string    `parquet:"name,optional"`
	Plan             string    `parquet:"plan,optional,dict"`
	MonthlySpend     string    `parquet:"monthly_spend,optional"` // decimal number as text, exact
	Currency         string    `parquet:"currency,optional,dict"` // upper case
	CreatedAt        time.Time `parquet:"created_at,optional,timestamp(microsecond)"`
	Stage            string    `parquet:"stage,optional,dict"`
	Subscriptions    string    `parquet:"subscriptions,optional"` // JSON array as sent, its values in one form: see subscriptions
	Tags             string    `parquet:"tags,optional"`          // JSON array of tag names
	CustomAttributes string    `parquet:"custom_attributes,optional"`
	Cleared          string    `parquet:"cleared,optional"`
}

// Decode reads one record about a company: Parley's own form, or a company of
// either generation of Intercom's API. The error is a *Error; the row is then
// not to be used.
func (c *Company) Decode(value []byte, at Position) error {
	d, err := newDecoder(value, at)
	if err != nil {
		return err
	}
	defer d.close()
	c.read(d)
	return d.fault()
}

// read reads a company by itself or inside a user record.
func (c *Company) read(d *decoder) {
	*c = Company{Landed: d.at.landed()}
	c.CompanyID = d.key("company_id")
	c.SourceID = d.key("source_id", "id")
	if c.CompanyID == "" {
		c.CompanyID = c.SourceID
	}
	if c.CompanyID == "" {
		d.fail(BadKey, "a company needs company_id, or source_id (id in Intercom's objects)")
	}
	c.EffectiveAt = d.effective()
	c.RecordID = d.observationID(c.EffectiveAt)
	c.Name = d.text("name")
	c.Plan = d.plan()
	c.MonthlySpend = d.decimal("monthly_spend")
	c.Currency = strings.ToUpper(strings.TrimSpace(d.text("currency")))
	c.CreatedAt = d.time("created_at")
	if remote := d.time("remote_created_at"); c.CreatedAt.IsZero() && !remote.IsZero() {
		c.CreatedAt = remote
		d.uncleared("created_at")
	}
	d.uncleared("remote_created_at")
	c.Stage = d.text("stage")
	c.Subscriptions = d.subscriptions()
	c.Tags = d.nameList("tags")
	c.CustomAttributes = d.attributes(&c.Stage)
	c.Cleared = d.clearedColumns()
}

// EventTime is the instant from which the record holds, in UTC.
func (c *Company) EventTime() time.Time { return c.EffectiveAt }

// plan is text, a number, or an object with a name.
func (d *decoder) plan() string {
	member, ok := d.find("plan")
	if !ok || member.raw[0] != '{' {
		return d.text("plan")
	}
	member.taken = true
	inner := d.within(member.raw)
	name := inner.text("name")
	d.absorb(inner, "plan")
	if inner.wasCleared("name") {
		d.clear("plan")
	}
	return name
}

// companies is the companies that a user record says the person belongs to, as
// a JSON array of objects, "" if it names none; an empty list is "[]". Each object is as
// sent, with its company_id as text: company_id, else id, else source_id, else the name. Where the
// company is called by the id of the sending system alone, source_id says so.
func (d *decoder) companies() string {
	var elements []string
	given := false
	if raw, ok := d.take("companies"); ok && raw != "null" {
		list, isList := listIn(raw)
		switch {
		case isList || raw == "{}":
		case raw[0] == '{': // one company, in the place of many
			list = []string{raw}
		default:
			d.fail(BadField, "companies: is %s; send a list of companies", describe(raw))
		}
		elements, given = list, true
	}
	if raw, ok := d.take("company"); ok && raw != "null" && raw != "{}" && raw != `""` {
		element := raw
		if raw[0] == '"' { // a text that stands alone is the company's name
			element = `{"name":` + raw + `}`
		}
		elements, given = append(elements, element), true
	}
	if id := d.key("company_id"); id != "" {
		elements, given = append(elements, `{"company_id":`+quote(id)+`}`), true
	}
	if !given {
		return ""
	}
	dst := []byte{'['}
	for i, element := range elements {
		company := d.companyIn(element, fmt.Sprintf("companies[%d]", i))
		if company == nil {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = appendObject(dst, company)
	}
	return string(append(dst, ']'))
}

// companyIn is one company of a user record, nil if the element names none. What
// a company record must not hold, it must not either.
func (d *decoder) companyIn(element, place string) object {
	if element[0] != '{' {
		id := d.keyFrom(place, element)
		if id == "" {
			return nil
		}
		return object{{name: "company_id", raw: quote(id)}}
	}
	inner := d.within(element)
	id := inner.key("company_id")
	own := inner.key("id", "source_id")
	if id == "" && own != "" {
		id = own
		if inner.isType("company") {
			inner.object = inner.with("source_id", own)
		}
	}
	if id == "" {
		id = inner.key("name")
	}
	d.absorb(inner, place)
	if id == "" {
		if len(inner.object) > 0 {
			d.fail(BadField, "%s: a company has no company_id, id or name", place)
		}
		return nil
	}
	company := &decoder{object: inner.with("company_id", id), at: d.at}
	new(Company).read(company)
	d.absorb(company, place)
	return company.object
}
