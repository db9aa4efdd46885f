package reports

import "golang.org/x/sys/unix"

// exchange makes two names change places in one step.
func exchange(one, other string) error {
	return unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE)
}
