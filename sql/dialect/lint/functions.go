package lint

import (
	"regexp"

	"parley/sql/dialect"
)

// functions are those that DuckDB and Spark both have and that mean the same.
// Where the types of their results differ (an integer's width, mostly), a mart's
// own cast says which it has.
var functions = []string{
	"count", "count_if", "sum", "avg", "min", "max", "median", "mode", "any_value", "bool_or", "bool_and", "max_by", "min_by",
	"percentile_cont", "stddev_samp", "var_samp", "corr", "approx_count_distinct", "array_agg", "string_agg",
	"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value", "last_value", "nth_value",
	"coalesce", "nullif", "ifnull", "if", "greatest", "least", "isnan",
	"abs", "ceil", "floor", "round", "power", "sqrt", "ln", "exp", "mod",
	"lower", "upper", "length", "substring", "left", "right", "replace", "reverse", "repeat", "lpad", "rpad", "split_part", "concat_ws",
	"contains", "ascii", "chr", "translate", "md5", "levenshtein",
	"date_trunc", "date_add", "extract", "year", "quarter", "month", "day", "hour", "minute", "last_day", "make_date",
	"array_contains", "array_sort",
}

// otherFunctions are those that one engine lacks, or has with another meaning,
// with what to write instead.
var otherFunctions = map[string]string{
	"concat":                "write a || b, which is null where one of them is",
	"trim":                  "write trimmed(text)",
	"ltrim":                 "write trimmed(text)",
	"rtrim":                 "write trimmed(text)",
	"date_diff":             "write seconds_between(from, to), or subtract numbers of months",
	"datediff":              "write seconds_between(from, to), or subtract numbers of months",
	"date_sub":              "write date_add(day, -n)",
	"date_part":             "write extract(part from x)",
	"epoch":                 "write seconds_between(from, to)",
	"epoch_ms":              "write seconds_between(from, to)",
	"epoch_us":              "write seconds_between(from, to)",
	"to_timestamp":          "write parse_instant(text)",
	"strptime":              "write parse_instant(text)",
	"isodow":                "write iso_weekday(day)",
	"dayofweek":             "write iso_weekday(day)",
	"weekday":               "write iso_weekday(day)",
	"week":                  "write week_of(day, week_starts)",
	"weekofyear":            "write week_of(day, week_starts)",
	"timezone":              "write local_time(at, zone)",
	"convert_timezone":      "write local_time(at, zone)",
	"from_utc_timestamp":    "write local_time(at, zone)",
	"to_utc_timestamp":      "write instant(local, zone)",
	"range":                 "write each_day(from, to), or hand it in as a table",
	"generate_series":       "write each_day(from, to), or each_quarter_hour(from, to)",
	"sequence":              "write each_day(from, to), or each_quarter_hour(from, to)",
	"unnest":                "take lists apart where records are settled",
	"explode":               "take lists apart where records are settled",
	"list":                  "write array_agg(x)",
	"collect_list":          "write array_agg(x)",
	"collect_set":           "write array_agg(distinct x)",
	"group_concat":          "write string_agg(x, separator)",
	"listagg":               "write string_agg(x, separator)",
	"quantile_cont":         "write percentile_cont(p) within group (order by x)",
	"quantile_disc":         "write percentile_cont(p) within group (order by x)",
	"quantile":              "write percentile_cont(p) within group (order by x)",
	"percentile":            "write percentile_cont(p) within group (order by x)",
	"arg_max":               "write max_by(x, order)",
	"arg_min":               "write min_by(x, order)",
	"json_extract":          "write json_text(doc, key)",
	"json_extract_string":   "write json_text(doc, key)",
	"get_json_object":       "write json_text(doc, key)",
	"regexp_matches":        "write like, or take it apart where records are settled",
	"regexp_full_match":     "write like, or take it apart where records are settled",
	"regexp_replace":        "write replace(text, from, to), or take it apart where records are settled",
	"regexp_extract":        "write split_part(text, separator, n), or take it apart where records are settled",
	"regexp_like":           "write like, or take it apart where records are settled",
	"string_split":          "write split_part(text, separator, n)",
	"split":                 "write split_part(text, separator, n)",
	"starts_with":           "write like 'start%'",
	"startswith":            "write like 'start%'",
	"ends_with":             "write like '%end'",
	"endswith":              "write like '%end'",
	"strpos":                "write contains(text, part), or split_part(text, separator, n)",
	"instr":                 "write contains(text, part), or split_part(text, separator, n)",
	"position":              "write contains(text, part), or split_part(text, separator, n)",
	"hash":                  "write md5(text): a hash differs by engine and version",
	"columns":               "write the columns that are wanted",
	"now":                   "read as_of from settings: a build has one instant",
	"today":                 "read as_of from settings: a build has one instant",
	"get_current_timestamp": "read as_of from settings: a build has one instant",
	"random":                "leave chance out: a build gives the same rows again",
	"rand":                  "leave chance out: a build gives the same rows again",
	"uuid":                  "write md5 of what makes the row what it is",
	"gen_random_uuid":       "write md5 of what makes the row what it is",
	"nvl":                   "write coalesce(a, b)",
	"first":                 "write min_by(x, order), by an order that no two rows share",
	"last":                  "write max_by(x, order), by an order that no two rows share",
	"grouping":              "name the level in each SELECT of a union all",
}

// beforeBrackets are words that have a bracket behind them and are no functions.
var beforeBrackets = []string{
	"select", "from", "where", "having", "on", "using", "as", "in", "exists", "any", "all", "some", "and", "or", "not", "between", "like", "ilike", "is",
	"case", "when", "then", "else", "over", "window", "filter", "group", "by", "within", "sets", "rollup", "cube", "order", "partition", "limit", "offset",
	"join", "lateral", "union", "except", "intersect", "values", "with", "distinct", "interval", "pivot", "unpivot", "for",
	"decimal", "numeric", "char", "varchar",
}

var (
	defined = regexp.MustCompile(`(?m)^create or replace macro (\w+)\([^)]*\) as( table)?`)

	macros, tableMacros = macrosOf(dialect.DuckDB)
)

func macrosOf(text string) (all, tables []string) {
	for _, match := range defined.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
		if match[2] != "" {
			tables = append(tables, match[1])
		}
	}
	return all, tables
}
