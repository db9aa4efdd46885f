package lake

import (
	"os"
	"strings"
	"sync"
	"testing"
)

func TestID(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		var group sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			group.Go(func() {
				var err error
				if ids[i], err = l.ID(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, id := range ids {
			if id != ids[0] || len(id) < 20 {
				t.Errorf("ids %q: want one", ids)
			}
		}
	})
}

func TestDamagedID(t *testing.T) {
	t.Parallel()
	l, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path(idName), []byte("no id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.ID(); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a damaged id: %v", err)
	}
}
