package settle

import (
	"cmp"
	"fmt"
	"strings"

	"parley/pipelines/record"
)

// tagRow is the tagging of a person, of a company, or of both. A list of tags
// in a user's or a company's record gives one row for each; a tag that a list
// does not have is no statement: only a record of its own takes a tag away.
type tagRow struct {
	KeyKind   string `parquet:"key_kind,optional,dict"`
	Key       string `parquet:"key,optional,dict"`
	CompanyID string `parquet:"company_id,optional,dict"`
	Tag       string `parquet:"tag,dict"`
	TaggedAt  int64  `parquet:"tagged_at,timestamp(microsecond)"`
	TaggedBy  string `parquet:"tagged_by,optional,dict"`
	Removed   bool   `parquet:"removed"`
}

var tags = table[tagRow]{
	name: "settled_tags",
	compare: func(a, b *tagRow) int {
		return cmp.Or(
			strings.Compare(a.KeyKind, b.KeyKind), strings.Compare(a.Key, b.Key), strings.Compare(a.CompanyID, b.CompanyID),
			strings.Compare(a.Tag, b.Tag), cmp.Compare(a.TaggedAt, b.TaggedAt),
			compareBool(a.Removed, b.Removed), strings.Compare(a.TaggedBy, b.TaggedBy))
	},
	date: func(r *tagRow) date { return dateOf(r.TaggedAt) }, // TaggedAt is part of what makes two reports one
}

// landedTag holds what is read here of a landed tagging.
type landedTag struct {
	Tag string `parquet:"tag,dict"`
	record.Keys
	CompanyID string `parquet:"company_id,optional,dict"`
	TaggedAt  int64  `parquet:"tagged_at,timestamp(microsecond)"`
	TaggedBy  string `parquet:"tagged_by,optional,dict"`
	Removed   bool   `parquet:"removed"`
}

func (f *fold) tag(t *landedTag) error {
	kind, key := t.Strongest()
	f.tags.put(tagRow{
		KeyKind: string(kind), Key: key, CompanyID: t.CompanyID,
		Tag: t.Tag, TaggedAt: t.TaggedAt, TaggedBy: t.TaggedBy, Removed: t.Removed,
	})
	f.seenTogether(t.Keys, t.TaggedAt)
	return nil
}

// tagList takes the JSON array names: row is what all of its tags have in common.
func (f *fold) tagList(names string, row tagRow) error {
	list, err := textList(names)
	if err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	for _, row.Tag = range list {
		f.tags.put(row)
	}
	return nil
}
