package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/google/go-cmp/cmp"
)

// everyType has a row of nulls, and one of values at the edge of their types.
const everyType = `select
		unnest([true, null]) as flag, unnest([-9223372036854775808, null]) as whole, unnest([170141183460469231731687303715884105727 % 100000000000000000000000000000000000000, null])::hugeint as huge,
		unnest(['-12345678901234567890.123456789012345678'::decimal(38,18), null]) as exact, unnest([1.5::float, null]) as small, unnest(['é', null]) as word,
		unnest(['\x00\xFF'::blob, null]) as bytes, unnest([date '1969-12-31', null]) as day, unnest([timestamptz '2026-03-29 01:59:59.123456+01', null]) as instant,
		unnest([timestamp '2026-03-29 00:59:59', null]) as local, unnest([time '23:59:59.999999', null]) as clock, unnest([interval '-1 month 2 days 3.5 seconds', null]) as span,
		unnest([uuid '123e4567-e89b-12d3-a456-426614174000', null]) as id, unnest([[1, null], null]) as list, unnest([{'a': [1.50::decimal(4,2)], 'b': null}, null]) as object,
		unnest([map {'k': 1::hugeint}, null]) as mapped, unnest(['a'::enum('a', 'b'), null]) as choice, unnest(['{"a": 1}'::json, null]) as document,
		unnest(['101'::bit, null]) as bits, unnest([timetz '12:00:00+02', null]) as zoned, unnest([union_value(n := 2), null]) as either`

// arrowOf is what an answer is in Arrow: its columns, and its rows as JSON.
func arrowOf(t *testing.T, r *Reader, query string, args ...any) (columns []string, rows []string) {
	t.Helper()
	batches, err := r.Arrow(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	if err := errors.Join(batches.Write(&stream, nil), batches.Close(), batches.Close()); err != nil {
		t.Fatal(err)
	}
	read, err := ipc.NewReader(&stream)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Release()
	for _, field := range read.Schema().Fields() {
		columns = append(columns, field.Name+" "+field.Type.String())
	}
	for read.Next() {
		text, err := read.RecordBatch().MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(text))
	}
	if read.Err() != nil {
		t.Fatal(read.Err())
	}
	return columns, rows
}

func TestArrowHasEveryType(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	columns, rows := arrowOf(t, r, everyType)
	wantColumns := []string{
		"flag bool", "whole int64", "huge decimal(38, 0)", "exact decimal(38, 18)", "small float32", "word utf8", "bytes binary", "day date32",
		"instant timestamp[us, tz=UTC]", "local timestamp[us]", "clock time64[us]", "span month_day_nano_interval", "id utf8",
		"list list<l: int32, nullable>", "object struct<a: list<l: decimal(4, 2), nullable> nullable, b: int32 nullable>",
		"mapped map<utf8, decimal(38, 0), items_nullable>", "choice dictionary<values=utf8, indices=uint8, ordered=false>", "document utf8",
		"bits utf8", "zoned utf8", "either utf8",
	}
	if diff := cmp.Diff(wantColumns, columns); diff != "" {
		t.Error(diff)
	}
	wantRows := []string{`[{"bits":"101","bytes":"AP8=","choice":"a","clock":"23:59:59.999999","day":"1969-12-31","document":"{\"a\": 1}","either":"2",` +
		`"exact":"-12345678901234567890.123456789012345678","flag":true,"huge":"70141183460469231731687303715884105727","id":"123e4567-e89b-12d3-a456-426614174000",` +
		`"instant":"2026-03-29T00:59:59.123456Z","list":[1,null],"local":"2026-03-29T00:59:59","mapped":[{"key":"k","value":"1"}],"object":{"a":["1.5"],"b":null},"small":1.5,` +
		`"span":{"months":-1,"days":2,"nanoseconds":3500000000},"whole":-9223372036854775808,"word":"é","zoned":"12:00:00+02"}` + "\n" +
		`,{"bits":null,"bytes":null,"choice":null,"clock":null,"day":null,"document":null,"either":null,"exact":null,"flag":null,"huge":null,"id":null,"instant":null,"list":null,` +
		`"local":null,"mapped":null,"object":null,"small":null,"span":null,"whole":null,"word":null,"zoned":null}` + "\n]"}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Error(diff)
	}
}

func TestArrowOfNothingAndOfMuch(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 100000), ReaderConfig{})
	if columns, rows := arrowOf(t, r, "select n, sum(n) over () as all_of_them from numbers where n < ?", 0); len(rows) != 0 || columns[1] != "all_of_them decimal(38, 0)" {
		t.Errorf("nothing is %v, %v", columns, rows)
	}
	_, rows := arrowOf(t, r, "select n, (case when n % 2 = 0 then 'a' else 'b' end)::enum('a', 'b') as e, word from numbers order by n")
	if len(rows) > 8 {
		t.Errorf("100,000 rows come in %d batches, want few", len(rows))
	}
	n := 0
	for _, batch := range rows {
		n += strings.Count(batch, `"word":"it's"`)
	}
	if n != 100000 {
		t.Errorf("%d rows, want 100,000", n)
	}
}

func TestValuesTooWideForAColumnAreAnError(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	const query = "select 170141183460469231731687303715884105727::hugeint as h"
	if _, err := r.Arrow(context.Background(), query); err == nil || !strings.Contains(err.Error(), "DECIMAL(38,0)") {
		t.Errorf("Arrow: error %v", err)
	}
	if _, err := r.Parquet(context.Background(), query); err == nil || !strings.Contains(err.Error(), "DECIMAL(38,0)") {
		t.Errorf("Parquet: error %v", err)
	}
	const long = "an interval of 3000000:00:00 is longer than Arrow holds; cast it to varchar"
	if _, err := r.Arrow(context.Background(), "select interval (3000000) hours as i"); err == nil || err.Error() != long {
		t.Errorf("Arrow: error %v", err)
	}
}

func TestParquetHasEveryType(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	file, err := r.Parquet(context.Background(), "from ("+everyType+") where whole < ? or whole is null", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	copied := filepath.Join(t.TempDir(), "answer.parquet")
	whole, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, copied, string(whole))
	d := open(t)
	described := mustQuery(t, d, "describe from '"+copied+"'")
	var columns []string
	for _, row := range described.Rows {
		columns = append(columns, fmt.Sprint(row[0], " ", row[1]))
	}
	want := []string{
		"flag BOOLEAN", "whole BIGINT", "huge DECIMAL(38,0)", "exact DECIMAL(38,18)", "small FLOAT", "word VARCHAR", "bytes BLOB", "day DATE",
		"instant TIMESTAMP WITH TIME ZONE", "local TIMESTAMP", "clock TIME", "span VARCHAR", "id UUID", "list INTEGER[]",
		"object STRUCT(a DECIMAL(4,2)[], b INTEGER)", "mapped MAP(VARCHAR, DECIMAL(38,0))", "choice VARCHAR", "document JSON", "bits VARCHAR", "zoned VARCHAR", "either VARCHAR",
	}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Error(diff)
	}
	got := jsonText(t, mustQuery(t, d, "from '"+copied+"' order by whole").Rows)
	wantRows := `[[true,-9223372036854775808,70141183460469231731687303715884105727,-12345678901234567890.123456789012345678,1.5,"é","AP8=","1969-12-31T00:00:00Z",` +
		`"2026-03-29T00:59:59.123456Z","2026-03-29T00:59:59Z","23:59:59.999999","-1 month 2 days 00:00:03.5","123e4567-e89b-12d3-a456-426614174000",[1,null],{"a":[1.50],"b":null},` +
		`{"k":1},"a","{\"a\": 1}","101","12:00:00+02","2"],[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]]`
	if diff := cmp.Diff(wantRows, got); diff != "" {
		t.Error(diff)
	}
	if left, err := os.ReadDir(r.answers); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The third million of the rows fails, after the first have been given.
const failsLate = "select case when range = 3000000 then error('it broke') else range end as n from range(4000000)"

func TestAnswerThatBreaksIsNotWhole(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	rows, err := r.Rows(context.Background(), failsLate)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err == nil || !strings.Contains(err.Error(), "it broke") {
		t.Errorf("rows: error %v", err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	batches, err := r.Arrow(context.Background(), failsLate)
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	if err := batches.Write(&stream, nil); err == nil || !strings.Contains(err.Error(), "it broke") {
		t.Errorf("Arrow: error %v", err)
	}
	if err := batches.Close(); err != nil {
		t.Error(err)
	}
	endMark := []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
	if stream.Len() == 0 || bytes.HasSuffix(stream.Bytes(), endMark) {
		t.Errorf("%d bytes, with the mark of a whole stream: %t", stream.Len(), bytes.HasSuffix(stream.Bytes(), endMark))
	}
	if _, err := r.Parquet(context.Background(), failsLate); err == nil || !strings.Contains(err.Error(), "it broke") {
		t.Errorf("Parquet: error %v", err)
	}
	if got, err := r.Query(context.Background(), "select 42"); err != nil || got.Rows[0][0] != int32(42) {
		t.Errorf("after that: %v, %v", got, err)
	}
}

// An answer that would fill many times the memory that the engine may use.
const large = "select range as n, repeat('x', 1000) as word from range(20000000)"

func TestLargeAnswersHoldLittleMemory(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	rows, err := r.Rows(ctx, large)
	if err != nil {
		t.Fatal(err)
	}
	// 400,000 rows of 1,000 letters are 400 MB; the engine may hold 256.
	for range 400000 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	if used := mustQuery(t, r.engine, "select sum(memory_usage_bytes)::bigint from duckdb_memory()").Rows[0][0].(int64); used > 64<<20 {
		t.Errorf("the engine holds %d MB in the middle of the answer", used>>20)
	}
	// What is left unread stops.
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	batches, err := r.Arrow(ctx, large)
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	err = batches.Write(io.Discard, func() error {
		if counted++; counted == 20 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped in the middle: error %v", err)
	}
	if err := batches.Close(); err != nil {
		t.Error(err)
	}
}

func TestMoreMemoryThanAllowedIsAClearError(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	for _, query := range []string{
		"select string_agg(repeat('x', 1000), '') from range(1000000)",
		"select list(repeat('x', 1000) || range) from range(1000000)",
	} {
		_, err := r.Query(context.Background(), query)
		var fault *QueryError
		if !errors.As(err, &fault) || !fault.OutOfMemory() || strings.Contains(err.Error(), "SET") {
			t.Errorf("%s: error %v (%T)", query, err, err)
		}
		if got, err := r.Query(context.Background(), "select 42"); err != nil || got.Rows[0][0] != int32(42) {
			t.Fatalf("after that: %v, %v", got, err)
		}
	}
}

func TestCancelEndsEveryAnswer(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	const endless = "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1"
	cause := errors.New("asked to stop")
	for name, ask := range map[string]func(context.Context) error{
		"rows":    func(ctx context.Context) error { _, err := r.Rows(ctx, endless); return err },
		"arrow":   func(ctx context.Context) error { _, err := r.Arrow(ctx, endless); return err },
		"parquet": func(ctx context.Context) error { _, err := r.Parquet(ctx, endless); return err },
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		go cancel(cause)
		if err := ask(ctx); !errors.Is(err, cause) {
			t.Errorf("%s: error %v, want %v", name, err, cause)
		}
	}
	if left, err := os.ReadDir(r.answers); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
