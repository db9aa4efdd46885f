package warehouse

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// Lease marks the published build in dir as in use until the lease is closed:
// whoever removes old builds leaves it alone. Its error is fs.ErrNotExist when
// no such build is there.
func Lease(dir string) (io.Closer, error) {
	lease, err := leaseBuild(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("mark build %s as in use: %w", filepath.Base(dir), err)
	}
	return lease, err
}

// MartFiles are the Parquet files of each mart in a build's folder, by name.
func MartFiles(dir string) (map[string][]string, error) { return martFiles(dir) }
