package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"parley/sql/transform"
	"parley/sql/warehouse"
)

// former says why a build that went on from the last one is to be made once more
// from nothing; "": it is not. Our SELECTs hold by themselves, so where one cannot
// be run it is likely that what the last build left is gone, or is no longer what
// was written. Checks that did not hold, a disk or a memory that is full and the
// workspace's own models are no such reason.
func (b *building) former(ctx context.Context, err error) string {
	if err == nil || ctx.Err() != nil || b.cfg.Full || b.cfg.Spark != "" || len(b.cfg.Select) > 0 {
		return ""
	}
	if _, none := warehouse.CurrentDir(b.at.marts); none != nil {
		return ""
	}
	var query *warehouse.QueryError
	var fault *transform.Fault
	text, _, _ := strings.Cut(err.Error(), "\n")
	switch {
	case errors.As(err, &query) && query.OutOfMemory(), strings.Contains(text, "No space left"), strings.Contains(text, "more memory"):
		return ""
	case errors.As(err, &query), errors.As(err, &fault), errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("what the last build left cannot be gone on from: %s", text)
	}
	return ""
}
