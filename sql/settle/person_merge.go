package settle

import (
	"cmp"
	"strings"
)

// personMergeRow says from when on two people are one, or no more. The rows
// stay as they came: what they make of the keys is told by whoever reads them.
type personMergeRow struct {
	IntoKind string `parquet:"into_kind,dict"`
	IntoKey  string `parquet:"into_key"`
	FromKind string `parquet:"from_kind,dict"`
	FromKey  string `parquet:"from_key"`
	MergedAt int64  `parquet:"merged_at,timestamp(microsecond)"`
	MergedBy string `parquet:"merged_by,optional,dict"`
	Undo     bool   `parquet:"undo"`
}

var personMerges = table[personMergeRow]{
	name: "settled_merges",
	compare: func(a, b *personMergeRow) int {
		return cmp.Or(
			strings.Compare(a.IntoKind, b.IntoKind), strings.Compare(a.IntoKey, b.IntoKey),
			strings.Compare(a.FromKind, b.FromKind), strings.Compare(a.FromKey, b.FromKey),
			cmp.Compare(a.MergedAt, b.MergedAt), compareBool(a.Undo, b.Undo), strings.Compare(a.MergedBy, b.MergedBy))
	},
	date: func(r *personMergeRow) date { return dateOf(r.MergedAt) }, // MergedAt is part of what makes two reports one
}

// personMerge takes a landed merge, whose columns are the settled ones.
func (f *fold) personMerge(m *personMergeRow) error {
	f.personMerges.put(*m)
	return nil
}
