package delivery_test

import (
	"testing"

	"parley/jobs/delivery"
)

func TestIDsTellDeliveriesApart(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{{"a", "b", "c"}, {"ab", "", "c"}, {"a", "bc", ""}, {"", "", ""}, {"a:1", "b", "c"}, {"a", "1:b", "c"}} {
		id := delivery.ID(parts[0], parts[1], parts[2])
		if other, taken := seen[id]; taken {
			t.Errorf("%q and %q have the same ID", parts, other)
		}
		if len(id) != 32 || id != delivery.ID(parts[0], parts[1], parts[2]) {
			t.Errorf("ID of %q is %q", parts, id)
		}
		seen[id] = parts
	}
	if delivery.DecisionID("m", "p", "once", "sent") == delivery.DecisionID("m", "p", "once", "failed") {
		t.Error("two decisions have the same ID")
	}
}
