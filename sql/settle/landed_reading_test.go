package settle

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
	"parley/pipelines/record"
	"parley/sql/warehouse"
)

// nasty are texts, as JSON, that have stopped somebody's reader before.
var nasty = []string{
	`"plain"`, `"a\u0000b"`, `"\ud800"`, `"\udfff\ud800"`, `"\ud83d\ude00"`, `"\u202eabc\u200b\ufeff"`, `"'; drop table users; --"`, `"\"\\\/\b\f\n\r\t"`,
	`"` + "\u2028\U0010FFFF\uFFFE" + `"`, `"null"`, `"NaN"`, `"{\"a\":[1"`, `"%s%n"`, `"$1 ? :x"`, `1e400`, `-0`, `123456789012345678901234567890`,
	`"` + strings.Repeat("ä", 100_000) + `"`,
}

// nastyTimes are times at the edges of what a column holds.
var nastyTimes = []string{`0`, `-1`, `4294967295`, `"2106-02-07T06:28:16.000001Z"`, `"9999-12-31T23:59:59.999999Z"`, `"0001-01-01T00:00:01Z"`, `"1677-01-01"`, `"2300-01-01"`}

// sentRecords are records of every kind with each of the texts and times.
func sentRecords() (sent []broker.Message) {
	for i, text := range nasty {
		at := nastyTimes[i%len(nastyTimes)]
		for kind, value := range map[record.Kind]string{
			record.KindUser: `{"user_id":"u%[1]d","name":%[2]s,"created_at":%[3]s,"updated_at":%[3]s,"custom_attributes":{"a":%[2]s,"select":{"\u0000":%[2]s}},"tags":["t",%[2]s],
				"companies":[{"company_id":"c%[1]d","name":%[2]s,"a":%[2]s}],"social_profiles":[{"a":%[2]s}],"city":%[2]s,"unsubscribed_from_emails":true,"phone":null}`,
			record.KindCompany:    `{"company_id":"c%[1]d","name":%[2]s,"created_at":%[3]s,"a":%[2]s,"monthly_spend":"12.50","subscriptions":[{"plan":%[2]s,"amount":1,"started_at":%[3]s}]}`,
			record.KindEvent:      `{"id":"e%[1]d","user_id":"u%[1]d","event_name":"x","created_at":%[3]s,"url":%[2]s,"utm_source":%[2]s,"metadata":{"a":%[2]s,"":[%[2]s]}}`,
			record.KindTag:        `{"tag":"t%[1]d","user_id":"u%[1]d","at":%[3]s,"by":%[2]s}`,
			record.KindEnrichment: `{"source":"s%[1]d","user_id":"u%[1]d","updated_at":%[3]s,"attributes":{"a":%[2]s,"b":{"\u0000":%[2]s}}}`,
			record.KindDelivery:   `{"decision_id":"d%[1]d","message":"m","person_id":"p","entry":"once","channel":"email","decision":"sent","decided_at":%[3]s,"sent_at":%[3]s,"subject":%[2]s}`,
			record.KindConversation: `{"id":"%[1]d","created_at":%[3]s,"updated_at":%[3]s,"subject":%[2]s,"a":%[2]s,"tags":[%[2]s],
				"source":{"author":{"type":"user","id":"p"},"body":%[2]s},"conversation_parts":{"parts":[{"id":"p%[1]d","body":%[2]s,"created_at":%[3]s,"b":%[2]s}]}}`,
		} {
			sent = append(sent, broker.Message{Kind: kind, Key: fmt.Sprint(i), Value: fmt.Appendf(nil, value, i, text, at)})
		}
	}
	return sent
}

var sentBad = []broker.Message{
	{Kind: record.KindUser, Key: "\xff\x00", Value: []byte("{\"user_id\":\"\xff\"}"), Headers: []broker.Header{{Key: "h\u0000", Value: []byte{0xff, 0}}}},
	{Kind: record.KindEvent, Key: "empty", Value: []byte{}},
	{Kind: record.KindEvent, Value: []byte("\x00\x00\x00\x00\x01\x02")},
	{Kind: record.KindCompany, Key: "c", Value: []byte(`{"company_id":"c","monthly_spend":"\u0000"}`)},
	{Kind: record.KindTag, Key: "t", Value: []byte("[" + strings.Repeat(" ", 1<<20) + "]")},
}

var sentDeletions = []broker.Message{{Kind: record.KindUser, Key: "6"}, {Kind: record.KindConversation, Key: "'; --\u202e😀"}, {Kind: record.KindCompany, Key: "a\x00b"}}

// TestEngineReadsWhatLands sends records that are hard to keep through Kafka
// and landing, and reads every column of every file that lands in the engine:
// the values are those that were sent, and its JSON functions take the JSON.
func TestEngineReadsWhatLands(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	kafka, err := broker.Open(ctx, broker.Config{Dir: t.TempDir(), TopicPrefix: "nasty.", Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kafka.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := kafka.EnsureTopics(ctx); err != nil {
		t.Fatal(err)
	}
	sent := sentRecords()
	for _, messages := range [][]broker.Message{sent, sentBad, sentDeletions} {
		for i := range messages {
			messages[i].At = noon
		}
		if err := kafka.Produce(ctx, messages); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	summary, err := landing.Once(ctx, landing.Config{Addrs: kafka.Addrs(), TopicPrefix: "nasty.", Lake: l})
	if err != nil || summary.Dead != int64(len(sentBad)) || summary.Tombstones != int64(len(sentDeletions)) {
		t.Fatalf("landed %+v, error %v", summary, err)
	}
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "1GB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()

	values := map[record.Kind][][]byte{}
	for _, message := range sent {
		values[message.Kind] = append(values[message.Kind], message.Value)
	}
	readAndCompare[record.User](t, engine, l, record.KindUser, values, "companies", "tags", "enrichment", "custom_attributes", "cleared")
	readAndCompare[record.Company](t, engine, l, record.KindCompany, values, "subscriptions", "custom_attributes")
	readAndCompare[record.Event](t, engine, l, record.KindEvent, values, "metadata")
	readAndCompare[record.Conversation](t, engine, l, record.KindConversation, values, "parts", "tags", "rest")
	readAndCompare[record.Tag](t, engine, l, record.KindTag, values)
	readAndCompare[record.Enrichment](t, engine, l, record.KindEnrichment, values, "attributes")
	readAndCompare[record.Delivery](t, engine, l, record.KindDelivery, values)

	dead := query(t, engine, "select hex(value), coalesce(hex(key), ''), value is null, headers, reason from "+viewOf(t, engine, l, record.KindDeadLetter))
	for _, message := range sentBad {
		found := false
		for _, row := range dead.Rows {
			if row[0] == strings.ToUpper(fmt.Sprintf("%x", message.Value)) && row[1] == strings.ToUpper(fmt.Sprintf("%x", message.Key)) {
				found = row[2] == false && row[4] != "" && (len(message.Headers) > 0) == (row[3] != nil)
			}
		}
		if !found {
			t.Errorf("the dead letter of %.40q is not there with all that was sent", message.Value)
		}
	}
	if n := query(t, engine, "select headers->>'$[0].value' from "+viewOf(t, engine, l, record.KindDeadLetter)+" where headers is not null").Rows; fmt.Sprint(n) != "[[/wA=]]" {
		t.Errorf("headers are %v", n)
	}
	deleted := query(t, engine, "select key from "+viewOf(t, engine, l, record.KindTombstone)+" order by key")
	if got := fmt.Sprintf("%q", deleted.Rows); got != fmt.Sprintf("%q", [][]any{{"'; --\u202e😀"}, {"6"}, {"a\x00b"}}) {
		t.Errorf("deleted are %s", got)
	}
}

func query(t *testing.T, engine *warehouse.DuckDB, text string) *warehouse.Table {
	t.Helper()
	answer, err := engine.Query(context.Background(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer
}

func viewOf(t *testing.T, engine *warehouse.DuckDB, l *lake.Lake, kind record.Kind) string {
	t.Helper()
	files, err := l.Files(string(kind))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, l.Path(f.Path))
	}
	if err := engine.ViewFiles(context.Background(), "landed_"+string(kind), paths); err != nil {
		t.Fatal(err)
	}
	return "landed_" + string(kind)
}

// readAndCompare reads all rows of a kind in the engine and compares each
// column with the row that the sent value decodes to.
func readAndCompare[Row any, P interface {
	*Row
	Decode([]byte, record.Position) error
}](t *testing.T, engine *warehouse.DuckDB, l *lake.Lake, kind record.Kind, values map[record.Kind][][]byte, documents ...string) {
	t.Helper()
	view := viewOf(t, engine, l, kind)
	answer := query(t, engine, "select * from "+view)
	var got, want []string
	for _, row := range answer.Rows {
		var line strings.Builder
		for i, value := range row {
			if name := answer.Columns[i].Name; name != "kafka_partition" && name != "kafka_offset" {
				fmt.Fprintf(&line, "%s=%s ", name, printed(value))
			}
		}
		got = append(got, line.String())
	}
	for _, value := range values[kind] {
		var row Row
		if err := P(&row).Decode(value, record.Position{At: noon}); err != nil {
			t.Fatalf("%.200s: %v", value, err)
		}
		var line strings.Builder
		for _, column := range parquet.SchemaOf(row).Fields() {
			if name := column.Name(); name != "kafka_partition" && name != "kafka_offset" {
				fmt.Fprintf(&line, "%s=%s ", name, printed(fieldOf(reflect.ValueOf(row), column)))
			}
		}
		want = append(want, line.String())
	}
	if diff := cmp.Diff(counted(want), counted(got)); diff != "" {
		t.Errorf("%s (-sent +read):\n%.3000s", kind, diff)
	}
	for _, document := range documents {
		odd := query(t, engine, fmt.Sprintf(`select %[1]s from %[2]s where not (json_valid(%[1]s) and json_type(%[1]s) in ('OBJECT', 'ARRAY') and len(json_structure(%[1]s)::varchar) > 0)`, document, view))
		if full := query(t, engine, fmt.Sprintf(`select count(%s) from %s`, document, view)); len(odd.Rows) > 0 || full.Rows[0][0] == int64(0) {
			t.Errorf("%s: %d documents in %s, of which the engine cannot read %.300v", kind, full.Rows[0][0], document, odd.Rows)
		}
	}
}

// fieldOf is the value of the row's column, nil where it is null.
func fieldOf(row reflect.Value, column parquet.Field) any {
	value := column.Value(row)
	if column.Optional() && value.IsZero() {
		return nil
	}
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	return value.Interface()
}

func printed(value any) string {
	if at, ok := value.(time.Time); ok {
		return at.UTC().Format(time.RFC3339Nano)
	}
	content, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// counted is how often each line stands there, in no order.
func counted(lines []string) map[string]int {
	count := map[string]int{}
	for _, line := range lines {
		count[line]++
	}
	return count
}
