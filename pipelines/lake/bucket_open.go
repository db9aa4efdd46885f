package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"gocloud.dev/blob"
)

// ErrNotExclusive is what Check's error is when the object store lets two
// writers give one name: records would then be lost, or land twice.
var ErrNotExclusive = errors.New("it puts an object over another though asked not to: it does not know If-None-Match; give the lake a place that does, as Amazon S3 or a newer version of this store")

// openBucket opens a lake in an object store, by a URL such as
// s3://bucket/prefix?region=eu-west-1. It does not ask the object store yet.
func openBucket(address *url.URL, work string, limit int64) (*bucket, error) {
	query, err := parametersOf(address)
	if err != nil {
		return nil, err
	}
	defaultTo := func(name, value string) {
		if !query.Has(name) {
			query.Set(name, value)
		}
	}
	if query.Has("endpoint") {
		// Only Amazon's own names have the bucket before the host.
		defaultTo("use_path_style", "true")
	}
	// Files are checked by their SHA-256, which not every store's own checksum would do.
	defaultTo("response_checksum_validation", "when_required")
	objects, err := openObjects(address.Host, query)
	if err != nil {
		return nil, err
	}
	place := "s3://" + address.Host + "/"
	if prefix := strings.Trim(address.Path, "/"); prefix != "" {
		objects, place = blob.PrefixedBucket(objects, prefix+"/"), place+prefix+"/"
	}
	local := folder(work)
	return &bucket{objects: objects, place: place, work: local, cache: &cache{folder: local, limit: limit}, pageSize: 1000}, nil
}

// Check proves that an object store lets the lake write, read and remove, and
// that of two writers of one name it refuses the second. Of a local folder it
// is known. The error is ErrNotExclusive where all that follows would be unsafe.
func (l *Lake) Check() error {
	b, ok := l.store.(*bucket)
	if !ok {
		return nil
	}
	return b.check()
}

func (b *bucket) check() (err error) {
	name := "check/" + attempt()
	if err := b.putExclusive(name, []byte("first\n")); err != nil {
		return fmt.Errorf("write to the lake: %w", err)
	}
	defer func() {
		if fault := b.remove(name); fault != nil {
			err = errors.Join(err, fmt.Errorf("remove from the lake: %w", fault))
		}
	}()
	switch err := b.putExclusive(name, []byte("second\n")); {
	case err == nil:
		return fmt.Errorf("%s: %w", b.place, ErrNotExclusive)
	case !errors.Is(err, fs.ErrExist):
		return fmt.Errorf("write to the lake: %w", err)
	}
	content, err := b.read(name)
	switch {
	case err != nil:
		return fmt.Errorf("read from the lake: %w", err)
	case string(content) != "first\n":
		return fmt.Errorf("%s: %w", b.place, ErrNotExclusive)
	}
	if names, err := b.list("check"); err != nil {
		return fmt.Errorf("list the lake: %w", err)
	} else if !slices.Contains(names, path.Base(name)) {
		return fmt.Errorf("%s: what was put a moment ago is not listed; give the lake a place that lists at once, as Amazon S3", b.place)
	}
	return nil
}
