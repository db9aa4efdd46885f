package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// otherTools is the environment in which DuckDB's shell, pandas and Polars are found.
func otherTools(t *testing.T) []string {
	t.Helper()
	programs := os.Getenv("PARLEY_TEST_PYTHON")
	if programs == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("PARLEY_TEST_PYTHON is not set: run the tests by `make test`")
		}
		t.Skip("PARLEY_TEST_PYTHON is not set: `make test` installs DuckDB's shell, pandas and Polars")
	}
	return append(os.Environ(), "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"), "DUCKDB_NO_COLOR=1")
}

// What the README says of other tools is run as it stands there. Spark's line is
// not: it wants a Spark.
func TestReadmeLinesOfOtherTools(t *testing.T) {
	t.Parallel()
	environment := otherTools(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^(duckdb .*|python .*|parley sql .*)$`).FindAllString(string(readme), -1)
	wants := map[string]string{
		"from contacts_by_hour": "weekday", "mrr_monthly": "started_and_stopped", "polars.scan_parquet": "ann@example.com",
		"-o users.parquet": "", "read_ipc_stream": "event_name",
	}
	dir := built(t)
	for part, want := range wants {
		found := false
		for _, line := range lines {
			if !strings.Contains(line, part) {
				continue
			}
			found = true
			cmd := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", line)
			cmd.Dir, cmd.Env = dir, environment
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s\n%v: %s\nwant %q in it", line, err, out, want)
			}
		}
		if !found {
			t.Errorf("the README has no line with %s", part)
		}
	}
}

// A row of values at the edge of their types, and one of nulls.
const everyAnswer = `select
	unnest([9223372036854775807, null]) as whole, unnest(['170141183460469231731687303715884105727'::hugeint // 10, null]) as huge, unnest([-0.05::decimal(18,2), null]) as exact,
	unnest(['é', null]) as word, unnest(['\x00\xFF'::blob, null]) as bytes, unnest([date '1969-12-31', null]) as day,
	unnest([timestamptz '2026-03-29 01:59:59.123456+01', null]) as instant, unnest([timestamp '2026-03-29 00:59:59', null]) as local, unnest([time '23:59:59.999999', null]) as clock,
	unnest([uuid '123e4567-e89b-12d3-a456-426614174000', null])::varchar as id, unnest([[1, null], null]) as list, unnest([{'a': 1.50::decimal(4,2), 'b': null}, null]) as object,
	unnest([true, null]) as flag`

func TestOtherToolsReadEveryType(t *testing.T) {
	t.Parallel()
	environment := otherTools(t)
	dir := built(t)
	file := filepath.Join(t.TempDir(), "answer.parquet")
	run := func(stdin []byte, name string, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env, cmd.Stdin = environment, bytes.NewReader(stdin)
		var faults strings.Builder
		cmd.Stderr = &faults
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, faults.String())
		}
		return out
	}
	stream := run(nil, "parley", "-C", dir, "sql", "--format", "arrow", everyAnswer)
	run(nil, "parley", "-C", dir, "sql", "-o", file, everyAnswer)
	// The first of the PATH that was given, not the one of this process.
	python := filepath.Join(os.Getenv("PARLEY_TEST_PYTHON"), "python")
	got := string(run(stream, python, "../../testdata/python/read_answers.py", file))
	columns := []string{
		"whole int64 [9223372036854775807, None]",
		"huge decimal128(38, 0) [Decimal('17014118346046923173168730371588410572'), None]",
		"exact decimal128(18, 2) [Decimal('-0.05'), None]",
		"word string ['é', None]",
		`bytes binary [b'\x00\xff', None]`,
		"day date32[day] [datetime.date(1969, 12, 31), None]",
		"instant timestamp[us, tz=UTC] [datetime.datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=zoneinfo.ZoneInfo(key='UTC')), None]",
		"local timestamp[us] [datetime.datetime(2026, 3, 29, 0, 59, 59), None]",
		"clock time64[us] [datetime.time(23, 59, 59, 999999), None]",
		"id string ['123e4567-e89b-12d3-a456-426614174000', None]",
		"list LIST [[1, None], None]",
		"object struct<a: decimal128(4, 2), b: int32> [{'a': Decimal('1.50'), 'b': None}, None]",
		"flag bool [True, None]",
	}
	var want strings.Builder
	for _, column := range columns {
		want.WriteString("arrow " + strings.ReplaceAll(column, "LIST", "list<l: int32>") + "\n")
	}
	for _, column := range columns {
		want.WriteString("parquet " + strings.ReplaceAll(column, "LIST", "list<element: int32>") + "\n")
	}
	want.WriteString(`polars whole Int64 [9223372036854775807, None]
polars huge Decimal(precision=38, scale=0) [Decimal('17014118346046923173168730371588410572'), None]
polars exact Decimal(precision=18, scale=2) [Decimal('-0.05'), None]
polars word String ['é', None]
polars bytes Binary [b'\x00\xff', None]
polars day Date [datetime.date(1969, 12, 31), None]
polars instant Datetime(time_unit='us', time_zone='UTC') [datetime.datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=zoneinfo.ZoneInfo(key='UTC')), None]
polars local Datetime(time_unit='us', time_zone=None) [datetime.datetime(2026, 3, 29, 0, 59, 59), None]
polars clock Time [datetime.time(23, 59, 59, 999999), None]
polars id String ['123e4567-e89b-12d3-a456-426614174000', None]
polars list List(Int32) [[1, None], None]
polars object Struct({'a': Decimal(precision=4, scale=2), 'b': Int32}) [{'a': Decimal('1.50'), 'b': None}, None]
polars flag Boolean [True, None]
pandas datetime64[us, UTC] 1969-12-31 17014118346046923173168730371588410572
`)
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Error(diff)
	}
}
