package record_test

import (
	"testing"

	"parley/pipelines/record"
)

func TestUnreadableIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	value := record.Unreadable("log.csv:3: \"soon\" is no time", []byte(`["Case 1","soon"]`))
	if want := `{"$unreadable":"log.csv:3: \"soon\" is no time","content":["Case 1","soon"]}`; string(value) != want {
		t.Errorf("value is %s, want %s", value, want)
	}
	for _, kind := range record.Kinds() {
		wantRefusal(t, kind, string(value), record.BadSource, `log.csv:3: "soon" is no time`)
	}
}
