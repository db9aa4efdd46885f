package settle

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/record"
)

// TestLandedColumns holds the rows that are read here against those that land:
// the same names, the same types.
func TestLandedColumns(t *testing.T) {
	t.Parallel()
	pairs := []struct{ read, landed any }{
		{landedEvent{}, record.Event{}},
		{landedUser{}, record.User{}},
		{landedCompany{}, record.Company{}},
		{landedConversation{}, record.Conversation{}},
		{landedTag{}, record.Tag{}},
		{landedEnrichment{}, record.Enrichment{}},
		{deliveryRow{}, record.Delivery{}},
		{landedTombstone{}, record.Tombstone{}},
	}
	for _, pair := range pairs {
		landed := map[string]string{}
		for _, field := range parquet.SchemaOf(pair.landed).Fields() {
			landed[field.Name()] = describe(field)
		}
		for _, field := range parquet.SchemaOf(pair.read).Fields() {
			if landed[field.Name()] != describe(field) {
				t.Errorf("%s: column %s is %s, but lands as %q", reflect.TypeOf(pair.read), field.Name(), describe(field), landed[field.Name()])
			}
		}
	}
}

func describe(field parquet.Field) string {
	words := []string{field.Type().String(), field.Type().Kind().String()}
	if field.Optional() {
		words = append(words, "optional")
	}
	return strings.Join(words, " ")
}
