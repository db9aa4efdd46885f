package lake

import (
	"context"
	"testing"
)

// beforeWalk is a store in which something happens just before the landed files
// are walked over.
type beforeWalk struct {
	store
	happens func()
}

func (b beforeWalk) walk(ctx context.Context, folder string, visit func(stored) error) error {
	if folder == landedFolder {
		b.happens()
	}
	return b.store.walk(ctx, folder, visit)
}

func TestVerifyBesideAWriter(t *testing.T) {
	t.Parallel()
	l, _ := landedLake(t)
	l.store = beforeWalk{l.store, func() {
		if err := l.Append(landedEntry(t, l, usersLog, 35)); err != nil {
			t.Error(err)
		}
		publish(t, l, "users", usersLog, 40, 45, 41)
	}}
	if v, faults := verified(t, l); faults != nil || v.Unlisted != 1 {
		t.Errorf("%+v, %v", v, faults)
	}
}

func TestFilesBeyondTheLogAreNoCrashs(t *testing.T) {
	t.Parallel()
	l, _ := landedLake(t)
	publish(t, l, "users", usersLog, 35, 36, 35)
	publish(t, l, "users", usersLog, 36, 37, 36)
	if v, faults := verified(t, l); len(faults) != 1 || v.Unlisted != 1 {
		t.Errorf("%+v", v)
	}
}
