//go:build !linux

package reports

import "errors"

// exchange is not to be had here: two names cannot change places in one step.
func exchange(_, _ string) error { return errors.ErrUnsupported }
