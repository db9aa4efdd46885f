package settle

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// message is one record on its way to Kafka.
type message struct {
	kind  record.Kind
	key   string
	value string // "": a tombstone
	at    time.Time
}

// lander lands messages in a lake as pipelines/landing does, but without Kafka
// and without waiting for the disk.
type lander struct {
	t    testing.TB
	lake *lake.Lake
	next map[string]int64 // offset, by topic and partition
	now  time.Time        // of settling

	inUse []int64 // what settling is told of
}

func newLander(t testing.TB) *lander {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &lander{t: t, lake: l, next: map[string]int64{}, now: noon}
}

// land lands the messages in one file of each kind on the partition.
func (l *lander) land(partition int32, messages ...message) {
	l.t.Helper()
	for _, kind := range record.Kinds() {
		var own []message
		for _, m := range messages {
			if m.kind == kind {
				own = append(own, m)
			}
		}
		if len(own) == 0 {
			continue
		}
		topic := kind.Topic("parley.")
		log := fmt.Sprintf("%s/%d", topic, partition)
		start := l.next[log]
		l.next[log] += int64(len(own))
		entry := lake.Entry{Topic: topic, Partition: partition, Start: start, End: l.next[log], Schema: 1}
		rows := map[record.Kind][]any{}
		for i, m := range own {
			at := record.Position{Partition: partition, Offset: start + int64(i), At: m.at}
			row, to := l.decode(m, at), kind
			if m.value == "" {
				to = record.KindTombstone
				entry.Tombstones++
			} else {
				entry.Rows++
			}
			rows[to] = append(rows[to], row)
		}
		for _, to := range []record.Kind{kind, record.KindTombstone} {
			if len(rows[to]) > 0 {
				entry.Files = append(entry.Files, l.file(to, entry, rows[to]))
			}
		}
		l.append(entry)
	}
}

func (l *lander) decode(m message, at record.Position) any {
	l.t.Helper()
	landed := record.Landed{KafkaPartition: at.Partition, KafkaOffset: at.Offset, KafkaAt: at.At}
	if m.value == "" {
		return record.Tombstone{Landed: landed, Kind: m.kind, Key: m.key}
	}
	decode := func(row interface {
		Decode([]byte, record.Position) error
	}) {
		l.t.Helper()
		if err := row.Decode([]byte(m.value), at); err != nil {
			l.t.Fatalf("%s: %v", m.value, err)
		}
	}
	switch m.kind {
	case record.KindUser:
		var row record.User
		decode(&row)
		return row
	case record.KindCompany:
		var row record.Company
		decode(&row)
		return row
	case record.KindEvent:
		var row record.Event
		decode(&row)
		return row
	case record.KindConversation:
		var row record.Conversation
		decode(&row)
		return row
	case record.KindTag:
		var row record.Tag
		decode(&row)
		return row
	case record.KindMerge:
		var row record.Merge
		decode(&row)
		return row
	case record.KindEnrichment:
		var row record.Enrichment
		decode(&row)
		return row
	default:
		var row record.Delivery
		decode(&row)
		return row
	}
}

func (l *lander) file(kind record.Kind, entry lake.Entry, rows []any) lake.File {
	l.t.Helper()
	var content bytes.Buffer
	w := parquet.NewWriter(&content, parquet.SchemaOf(rows[0]))
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			l.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		l.t.Fatal(err)
	}
	return l.publish(kind, entry, len(rows), content.Bytes())
}

func (l *lander) publish(kind record.Kind, entry lake.Entry, rows int, content []byte) lake.File {
	l.t.Helper()
	name := fmt.Sprintf("landed/%s/v=1/dt=2026-03-01/%s-0-%d-%d.parquet", kind, entry.Topic, entry.Partition, entry.Start)
	l.write(name, content)
	sum := sha256.Sum256(content)
	return lake.File{Kind: string(kind), Path: name, Rows: int64(rows), Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
}

func (l *lander) append(entry lake.Entry) {
	l.t.Helper()
	content, err := json.Marshal(entry)
	if err != nil {
		l.t.Fatal(err)
	}
	l.write(fmt.Sprintf("log/%s/%020d.json", entry.Log(), entry.Start), content)
}

func (l *lander) write(name string, content []byte) {
	l.t.Helper()
	path := l.lake.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		l.t.Fatal(err)
	}
}

// settle settles, two hours after it last did.
func (l *lander) settle() *Manifest { return l.settleAfter(2 * time.Hour) }

func (l *lander) settleAfter(pause time.Duration) *Manifest {
	l.t.Helper()
	l.now = l.now.Add(pause)
	m, err := Run(context.Background(), Config{
		Lake: l.lake, Now: func() time.Time { return l.now }, InUse: func() ([]int64, error) { return l.inUse, nil },
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return m
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rowsOf are all rows of the table, in order.
func rowsOf[T any](t testing.TB, m *Manifest, table *table[T]) []T {
	t.Helper()
	var rows []T
	for _, path := range m.Tables[table.name] {
		part, err := parquet.ReadFile[T](path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(part, func(a, b T) int { return table.compare(&a, &b) }) {
			t.Errorf("%s: %s is not sorted", table.name, path)
		}
		rows = append(rows, part...)
	}
	return rows
}

// dump is the content of all tables as text: what two versions must have in
// common. Of seq only the time counts, because offsets follow the order of arrival.
func dump(t testing.TB, m *Manifest) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	text := func(v any) string { return fmt.Sprintf("%+v", v) }
	dumpTable(t, m, all, &events, text)
	dumpTable(t, m, all, &personKeys, text)
	dumpTable(t, m, all, &personAttributes, func(v any) string {
		r := v.(attributeRow)
		return fmt.Sprint(r.KeyKind, " ", r.Key, " ", r.Name, "=", optional(r.Value), " ", r.ValueType, " ", r.IsCustom, " ", r.At, " ", r.Seq[:18])
	})
	dumpTable(t, m, all, &companyAttributes, func(v any) string {
		r := v.(companyAttributeRow)
		return fmt.Sprint(r.CompanyID, " ", r.Name, "=", optional(r.Value), " ", r.ValueType, " ", r.IsCustom, " ", r.At, " ", r.Seq[:18])
	})
	dumpTable(t, m, all, &companyKeys, text)
	dumpTable(t, m, all, &memberships, text)
	dumpTable(t, m, all, &subscriptions, func(v any) string {
		r := v.(subscriptionRow)
		times := fmt.Sprint(optional(r.IntervalCount), " ", optional(r.StartedAt), " ", optional(r.EndedAt), " ", optional(r.TrialEndsAt))
		r.IntervalCount, r.StartedAt, r.EndedAt, r.TrialEndsAt, r.Seq = nil, nil, nil, nil, r.Seq[:18]
		return fmt.Sprintf("%+v %s", r, times)
	})
	dumpTable(t, m, all, &subscriptionLists, func(v any) string {
		r := v.(subscriptionListRow)
		r.Seq = r.Seq[:18]
		return fmt.Sprintf("%+v", r)
	})
	dumpTable(t, m, all, &conversations, func(v any) string {
		r := v.(conversationRow)
		created := optional(r.CreatedAt)
		r.CreatedAt = nil
		return fmt.Sprintf("%+v %s", r, created)
	})
	dumpTable(t, m, all, &parts, text)
	dumpTable(t, m, all, &partTags, text)
	dumpTable(t, m, all, &tags, text)
	dumpTable(t, m, all, &enrichments, func(v any) string {
		r := v.(enrichmentRow)
		return fmt.Sprint(r.KeyKind, " ", r.Key, " ", r.CompanyID, " ", r.Source, " ", r.Name, "=", optional(r.Value), " ", r.ValueType, " ", r.At, " ", r.Seq[:18])
	})
	dumpTable(t, m, all, &deliveries, func(v any) string {
		r := v.(deliveryRow)
		sent := optional(r.SentAt)
		r.SentAt = nil
		return fmt.Sprintf("%+v %s", r, sent)
	})
	dumpTable(t, m, all, &tombstones, text)
	dumpTable(t, m, all, &personMerges, text)
	for name := range m.Tables {
		if _, known := all[name]; !known && name != conversationRecords.name {
			t.Errorf("the table %s is not compared", name)
		}
	}
	return all
}

// homed are the tables of whose rows the file alone says where they lie.
var homed = map[string]bool{parts.name: true, conversationRecords.name: true}

func dumpTable[T any](t testing.TB, m *Manifest, all map[string][]string, table *table[T], text func(any) string) {
	t.Helper()
	if len(m.Tables[table.name]) == 0 {
		t.Errorf("table %s has no file", table.name)
	}
	all[table.name] = []string{}
	for _, f := range m.Files[table.name] {
		rows, err := parquet.ReadFile[T](f.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			all[table.name] = append(all[table.name], f.Part+" "+text(row))
			if table.date != nil && !homed[table.name] && table.date(&row).String() != f.Part {
				t.Errorf("%s: a row of %s lies in the part %s", table.name, table.date(&row), f.Part)
			}
		}
		if int64(len(rows)) != f.Rows || (len(rows) == 0) != (f.Part == "") {
			t.Errorf("%s: the file of part %q has %d rows and says %d", table.name, f.Part, len(rows), f.Rows)
		}
	}
}

func optional[T cmp.Ordered](value *T) string {
	if value == nil {
		return "null"
	}
	return strings.TrimSpace(fmt.Sprint(*value))
}
