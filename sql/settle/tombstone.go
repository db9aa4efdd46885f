package settle

import (
	"cmp"
	"strings"
)

// tombstoneRow says that an entity was deleted. The models act on it: here the
// entity's rows stay, because it may come again.
type tombstoneRow struct {
	Kind string `parquet:"kind,dict"` // users, companies, conversations, …
	Key  string `parquet:"key"`
	At   int64  `parquet:"at,timestamp(microsecond)"` // Kafka's timestamp
}

var tombstones = table[tombstoneRow]{
	name: "settled_tombstones",
	compare: func(a, b *tombstoneRow) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Key, b.Key), cmp.Compare(a.At, b.At))
	},
	date: func(r *tombstoneRow) date { return dateOf(r.At) }, // At is part of what makes two reports one
}

// landedTombstone holds what is read here of a landed tombstone.
type landedTombstone struct {
	KafkaAt int64  `parquet:"kafka_at,timestamp(microsecond),delta"`
	Kind    string `parquet:"kind,dict"`
	Key     string `parquet:"key"`
}

func (f *fold) tombstone(t *landedTombstone) error {
	f.tombstones.put(tombstoneRow{Kind: t.Kind, Key: t.Key, At: t.KafkaAt})
	return nil
}
