package settle

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// companyAttributeRow is one observation of one attribute of a company.
type companyAttributeRow struct {
	CompanyID string  `parquet:"company_id,dict"`
	Name      string  `parquet:"name,dict"`
	Value     *string `parquet:"value,optional"`
	ValueType string  `parquet:"value_type,dict"`
	IsCustom  bool    `parquet:"is_custom"`
	At        int64   `parquet:"at,timestamp(microsecond)"`
	Seq       string  `parquet:"seq,dict"`
}

var companyAttributes = table[companyAttributeRow]{
	name: "settled_company_attributes",
	compare: func(a, b *companyAttributeRow) int {
		return cmp.Or(
			strings.Compare(a.CompanyID, b.CompanyID), strings.Compare(a.Name, b.Name),
			cmp.Compare(a.At, b.At), compareBool(a.IsCustom, b.IsCustom),
			strings.Compare(a.ValueType, b.ValueType), compareOptional(a.Value, b.Value))
	},
	date:  func(r *companyAttributeRow) date { return dateOf(r.At) }, // At is part of what makes two reports one
	merge: func(row, other *companyAttributeRow) bool { return earlier(&row.Seq, other.Seq) },
	text: func(r *companyAttributeRow) int {
		n := len(r.CompanyID) + len(r.Name) + len(r.Seq)
		if r.Value != nil {
			n += len(*r.Value)
		}
		return n
	},
}

// companyKeyRow says that a company has an id of the sending system beside its
// own: records that know only the former mean the same company. As of
// personKeyRow, each date has the pairs that were seen on it.
type companyKeyRow struct {
	CompanyID string `parquet:"company_id"`
	SourceID  string `parquet:"source_id"`
	FirstAt   int64  `parquet:"first_at,timestamp(microsecond),delta"`
	LastAt    int64  `parquet:"last_at,timestamp(microsecond),delta"`
}

var companyKeys = table[companyKeyRow]{
	name: "settled_company_keys",
	compare: func(a, b *companyKeyRow) int {
		return cmp.Or(strings.Compare(a.CompanyID, b.CompanyID), strings.Compare(a.SourceID, b.SourceID))
	},
	date: func(r *companyKeyRow) date { return dateOf(r.FirstAt) },
	merge: func(row, other *companyKeyRow) bool {
		return widen(&row.FirstAt, &row.LastAt, other.FirstAt, other.LastAt)
	},
}

// landedCompany holds what is read here of a landed company.
type landedCompany struct {
	KafkaPartition   int32  `parquet:"kafka_partition,dict"`
	KafkaOffset      int64  `parquet:"kafka_offset,delta"`
	KafkaAt          int64  `parquet:"kafka_at,timestamp(microsecond),delta"`
	CompanyID        string `parquet:"company_id,optional,dict"`
	SourceID         string `parquet:"source_id,optional,dict"`
	EffectiveAt      int64  `parquet:"effective_at,timestamp(microsecond)"`
	Name             string `parquet:"name,optional"`
	Plan             string `parquet:"plan,optional,dict"`
	MonthlySpend     string `parquet:"monthly_spend,optional"`
	Currency         string `parquet:"currency,optional,dict"`
	CreatedAt        *int64 `parquet:"created_at,optional,timestamp(microsecond)"`
	Stage            string `parquet:"stage,optional,dict"`
	Subscriptions    string `parquet:"subscriptions,optional"`
	Tags             string `parquet:"tags,optional"`
	CustomAttributes string `parquet:"custom_attributes,optional"`
	Cleared          string `parquet:"cleared,optional"`
}

var companyColumns = []string{"name", "plan", "monthly_spend", "currency", "created_at", "stage"}

func (f *fold) company(c *landedCompany) error {
	return f.companyFacts(c, f.seq(c.KafkaAt, c.KafkaPartition, c.KafkaOffset))
}

// companyFacts takes what a record, of a company or of a user in it, says of
// the company.
func (f *fold) companyFacts(c *landedCompany, seq string) error {
	if c.SourceID != "" && c.SourceID != c.CompanyID {
		f.companyKeys.put(companyKeyRow{CompanyID: c.CompanyID, SourceID: c.SourceID, FirstAt: c.EffectiveAt, LastAt: c.EffectiveAt})
	}
	observed := observer(func(o observation) {
		f.companyAttributes.put(companyAttributeRow{
			CompanyID: c.CompanyID, Name: o.name, Value: o.value, ValueType: o.valueType, IsCustom: o.isCustom,
			At: c.EffectiveAt, Seq: seq,
		})
	})
	observed.text("name", c.Name)
	observed.text("plan", c.Plan)
	if c.MonthlySpend != "" {
		observed.value("monthly_spend", c.MonthlySpend, typeNumber)
	}
	observed.text("currency", c.Currency)
	observed.time("created_at", c.CreatedAt)
	observed.text("stage", c.Stage)
	others, err := observed.cleared(c.Cleared, companyColumns)
	if err != nil {
		return err
	}
	list := c.Subscriptions
	if list == "" && slices.Contains(others, "subscriptions") {
		list = "[]"
	}
	if list != "" {
		if err := f.subscriptionList(c.CompanyID, c.EffectiveAt, seq, list); err != nil {
			return err
		}
	}
	if err := customAttributes(c.CustomAttributes, observed); err != nil {
		return err
	}
	return f.tagList(c.Tags, tagRow{CompanyID: c.CompanyID, TaggedAt: c.EffectiveAt})
}

// companyWithin reads a company that stood inside a user's record of the
// instant at.
func companyWithin(members map[string]json.RawMessage, at int64) (*landedCompany, error) {
	doc, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var company record.Company
	if err := company.Decode(doc, record.Position{At: time.UnixMicro(at).UTC()}); err != nil {
		return nil, err
	}
	c := &landedCompany{
		CompanyID: company.CompanyID, SourceID: company.SourceID, EffectiveAt: company.EffectiveAt.UnixMicro(),
		Name: company.Name, Plan: company.Plan, MonthlySpend: company.MonthlySpend, Currency: company.Currency,
		Stage: company.Stage, Subscriptions: company.Subscriptions, Tags: company.Tags,
		CustomAttributes: company.CustomAttributes, Cleared: company.Cleared,
	}
	if !company.CreatedAt.IsZero() {
		micros := company.CreatedAt.UnixMicro()
		c.CreatedAt = &micros
	}
	return c, nil
}
