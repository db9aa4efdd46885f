package settle

import (
	"cmp"
	"fmt"
	"strings"

	"parley/pipelines/record"
)

// enrichmentRow is one observation of one attribute of a person or a company, as
// somebody else than the company says it. Value is null where ValueType is.
type enrichmentRow struct {
	KeyKind   string  `parquet:"key_kind,optional,dict"`
	Key       string  `parquet:"key,optional,dict"`
	CompanyID string  `parquet:"company_id,optional,dict"`
	Source    string  `parquet:"source,dict"`
	Name      string  `parquet:"name,dict"`
	Value     *string `parquet:"value,optional"`
	ValueType string  `parquet:"value_type,dict"`
	At        int64   `parquet:"at,timestamp(microsecond)"`
	Seq       string  `parquet:"seq,dict"`
}

var enrichments = table[enrichmentRow]{
	name: "settled_enrichments",
	compare: func(a, b *enrichmentRow) int {
		return cmp.Or(
			strings.Compare(a.KeyKind, b.KeyKind), strings.Compare(a.Key, b.Key), strings.Compare(a.CompanyID, b.CompanyID),
			strings.Compare(a.Source, b.Source), strings.Compare(a.Name, b.Name), cmp.Compare(a.At, b.At),
			strings.Compare(a.ValueType, b.ValueType), compareOptional(a.Value, b.Value))
	},
	date:  func(r *enrichmentRow) date { return dateOf(r.At) }, // At is part of what makes two reports one
	merge: func(row, other *enrichmentRow) bool { return earlier(&row.Seq, other.Seq) },
	text: func(r *enrichmentRow) int {
		n := len(r.Key) + len(r.Name) + len(r.Seq)
		if r.Value != nil {
			n += len(*r.Value)
		}
		return n
	},
}

// landedEnrichment holds what is read here of a landed enrichment.
type landedEnrichment struct {
	KafkaPartition int32 `parquet:"kafka_partition,dict"`
	KafkaOffset    int64 `parquet:"kafka_offset,delta"`
	KafkaAt        int64 `parquet:"kafka_at,timestamp(microsecond),delta"`
	record.Keys
	Source      string `parquet:"source,dict"`
	CompanyID   string `parquet:"company_id,optional,dict"`
	EffectiveAt int64  `parquet:"effective_at,timestamp(microsecond)"`
	Attributes  string `parquet:"attributes"`
}

func (f *fold) enrichment(e *landedEnrichment) error {
	kind, key := e.Strongest()
	f.seenTogether(e.Keys, e.EffectiveAt)
	row := enrichmentRow{
		KeyKind: string(kind), Key: key, CompanyID: e.CompanyID, Source: e.Source,
		At: e.EffectiveAt, Seq: f.seq(e.KafkaAt, e.KafkaPartition, e.KafkaOffset),
	}
	return customAttributes(e.Attributes, func(o observation) {
		row.Name, row.Value, row.ValueType = o.name, o.value, o.valueType
		f.enrichments.put(row)
	})
}

// socialSource is the source of the social profiles that a user record carries.
const socialSource = "social_profiles"

// socialProfiles takes the social profiles of a user record: they are not the
// company's own word, so they stand with what others say.
func (f *fold) socialProfiles(u *landedUser, kind, key, seq string) error {
	if u.Enrichment == "" {
		return nil
	}
	if !strings.HasPrefix(u.Enrichment, "{") && !strings.HasPrefix(u.Enrichment, "[") {
		return fmt.Errorf("social_profiles: neither an object nor a list: %s", u.Enrichment)
	}
	f.enrichments.put(enrichmentRow{
		KeyKind: kind, Key: key, Source: socialSource, Name: socialSource, Value: &u.Enrichment, ValueType: typeJSON, At: u.EffectiveAt, Seq: seq,
	})
	return nil
}
