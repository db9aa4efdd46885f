package record_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parley/pipelines/record"
)

// roundTrip writes one row and reads it back.
func roundTrip[Row any](t *testing.T, row Row) (Row, []string) {
	t.Helper()
	var file bytes.Buffer
	writer := parquet.NewGenericWriter[Row](&file)
	if _, err := writer.Write([]Row{row}); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[Row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil || len(rows) != 1 {
		t.Fatalf("read %d rows, %v", len(rows), err)
	}
	opened, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, path := range opened.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
		leaf, _ := opened.Schema().Lookup(path...)
		logical := leaf.Node.Type().LogicalType()
		if logical == nil {
			continue
		}
		stamp, ok := logical.Value.(*format.TimestampType)
		if strings.HasSuffix(path[0], "_at") != ok {
			t.Errorf("%v is no time, or a time by another name", path)
		}
		if ok && stamp.String() != "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)" {
			t.Errorf("%v is %s", path, stamp)
		}
	}
	return rows[0], columns
}

func testRoundTrip[Row any](t *testing.T, row Row, wantColumns ...string) {
	t.Helper()
	back, columns := roundTrip(t, row)
	if !reflect.DeepEqual(row, back) {
		t.Errorf("wrote %+v, read %+v", row, back)
	}
	for _, column := range columns {
		if strings.Contains(column, ".") {
			t.Errorf("column %s is nested", column)
		}
	}
	for _, want := range append(wantColumns, "kafka_partition", "kafka_offset", "kafka_at") {
		if !slices.Contains(columns, want) {
			t.Errorf("no column %s among %v", want, columns)
		}
	}
}

func TestZeroIsNull(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	writer := parquet.NewGenericWriter[record.User](&file)
	if _, err := writer.Write([]record.User{{Keys: record.Keys{UserID: "6"}}}); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	columns := opened.RowGroups()[0].ColumnChunks()
	for i, path := range opened.Schema().Columns() {
		pages := columns[i].Pages()
		page, err := pages.ReadPage()
		if err != nil {
			t.Fatal(err)
		}
		required := slices.Contains([]string{"kafka_partition", "kafka_offset", "kafka_at", "record_id", "user_id", "effective_at"}, path[0])
		if nulls := page.NumNulls(); (nulls == 0) != required {
			t.Errorf("%s has %d nulls", path[0], nulls)
		}
		_ = pages.Close()
	}
}

func TestRowsArePlainParquet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 9, 15, 0, 123456000, time.UTC)
	landed := record.Landed{KafkaPartition: 3, KafkaOffset: 42, KafkaAt: at}
	keys := record.Keys{UserID: "6", Email: "a@b.example"}
	yes := true
	testRoundTrip(t, record.User{Landed: landed, Keys: keys, RecordID: "r", EffectiveAt: at, UnsubscribedFromEmail: &yes},
		"user_id", "email", "source_id", "anonymous_id", "unsubscribed_from_emails")
	testRoundTrip(t, record.Company{Landed: landed, CompanyID: "c", EffectiveAt: at, CreatedAt: at}, "company_id", "monthly_spend")
	testRoundTrip(t, record.Event{Landed: landed, Keys: keys, EventID: "e", EventName: "n", OccurredAt: at}, "event_id", "user_id")
	testRoundTrip(t, record.Conversation{Landed: landed, Keys: keys, ConversationID: "1", EffectiveAt: at, Parts: "[]"}, "user_id", "parts")
	testRoundTrip(t, record.Tag{Landed: landed, Keys: keys, Tag: "vip", TaggedAt: at, Removed: true}, "user_id", "tagged_at")
	testRoundTrip(t, record.Delivery{Landed: landed, DecisionID: "d", DecidedAt: at}, "decision_id", "sent_at")
	testRoundTrip(t, record.DeadLetter{Landed: landed, Topic: "t", Key: []byte{0xff}, Value: []byte("x"), Class: "json", Reason: "r", Decoder: 1}, "value")
	testRoundTrip(t, record.Tombstone{Landed: landed, Kind: record.KindUser, Key: "6"}, "kind", "key")
}
