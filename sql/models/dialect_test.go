package models_test

import (
	"io/fs"
	"strings"
	"testing"

	"parley/sql/models"
)

// Spark has no QUALIFY, EXCLUDE and the like: models keep to what engines share.
func TestModelsKeepToTheSharedDialect(t *testing.T) {
	t.Parallel()
	instead := map[string]string{
		"qualify ":        "row_number() in a CTE, and where",
		" exclude":        "a list of columns",
		"quantile_cont":   "percentile_cont(p) within group (order by x)",
		"union all by":    "union all with the columns in the same order",
		"date_diff":       "seconds_between",
		"epoch":           "seconds_between",
		"isodow":          "iso_weekday",
		"dayofweek":       "iso_weekday",
		"at time zone":    "local_time or instant",
		"->":              "json_text",
		"unnest":          "each_day",
		"generate_series": "each_day",
		"ignore nulls":    "numbered groups",
		"now()":           "settings.as_of",
		"current_date":    "settings.as_of",
		"timestamptz":     "parse_instant",
		"::":              "cast",
		"\"":              "a name that needs no quotes",
		"varchar":         "string",
		"hash(":           "md5",
		"last_value":      "numbered groups",
		"regexp":          "like",
	}
	err := fs.WalkDir(models.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := models.FS.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(content), "\n") {
			code, _, _ := strings.Cut(line, "--")
			for word, better := range instead {
				if strings.Contains(strings.ToLower(code), word) {
					t.Errorf("%s:%d: %q is not common to the engines; write %s", name, i+1, word, better)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
