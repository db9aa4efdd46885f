package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/errgroup"

	"parley/pipelines/internal/failpoint"
)

// bucket is a store in an object store that speaks S3. An object is there as a
// whole or not at all, and whoever lists sees it at once: S3 and those that
// speak it have promised that since 2020. A name is given once, by a put on the
// condition that nothing has it.
//
// What nobody but this machine is to see, below tmp/, lies in a local folder.
type bucket struct {
	objects *blob.Bucket
	place   string // s3://bucket/prefix/, for errors
	work    folder
	cache   *cache
	// pageSize is how many names are asked for at a time: S3 gives 1000 at most.
	pageSize int
}

var _ store = (*bucket)(nil)

const (
	// patience is how long the object store may take to answer, besides a second
	// for each slowest bytes that go over the line.
	patience = time.Minute
	slowest  = 256 << 10

	// atOnce is how many objects are removed at a time.
	atOnce = 16

	// The metadata of each object: which try put it, and the SHA-256 of what.
	attemptKey, digestKey = "parley-attempt", "parley-sha256"
)

// within bounds a call that moves so many bytes.
func within(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience+time.Duration(size/slowest)*time.Second)
}

// isLocal says whether the name lies in the work folder.
func isLocal(name string) bool { return name == "tmp" || strings.HasPrefix(name, "tmp/") }

func (b *bucket) create(hint string) (staged, error) {
	file, err := b.work.create(hint)
	if err != nil {
		return nil, err
	}
	return &stagedObject{staged: file, file: file.(*stagedFile).File, bucket: b, digest: sha256.New()}, nil
}

// stagedObject is a local file, as an object's name is to be known when its
// upload begins.
type stagedObject struct {
	staged
	file   *os.File
	bucket *bucket
	digest hash.Hash
}

func (s *stagedObject) Write(content []byte) (int, error) {
	n, err := s.staged.Write(content)
	_, _ = s.digest.Write(content[:n]) // a hash never fails
	return n, err
}

func (s *stagedObject) publish(name string) error {
	if err := s.bucket.put(name, s.file, s.digest.Sum(nil)); err != nil {
		return err
	}
	failpoint.At("file uploaded")
	s.discard()
	return nil
}

func (b *bucket) putExclusive(name string, content []byte) error {
	digest := sha256.Sum256(content)
	if err := b.put(name, bytes.NewReader(content), digest[:]); err != nil {
		return err
	}
	failpoint.At("exclusive put")
	return nil
}

// put makes the object, or fails with fs.ErrExist if there is one by that name.
// An answer can be lost on its way: the client then puts again, and meets what
// it has put itself. The object's metadata tells that from another writer's.
func (b *bucket) put(name string, content io.ReadSeeker, digest []byte) error {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	ctx, cancel := within(context.Background(), size)
	defer cancel()
	mark := attempt()
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		err := b.objects.Upload(ctx, name, content, &blob.WriterOptions{
			IfNotExist: true, ContentType: contentType(name), Metadata: map[string]string{attemptKey: mark, digestKey: hex.EncodeToString(digest)},
		})
		switch {
		case err == nil:
			return nil
		case gcerrors.Code(err) == gcerrors.FailedPrecondition:
			found, err := b.objects.Attributes(ctx, name)
			switch {
			case gcerrors.Code(err) == gcerrors.NotFound: // an entry that has become part of a checkpoint meanwhile
			case err != nil:
				return b.fault(name, err)
			case found.Metadata[attemptKey] == mark:
				return nil
			}
			return fmt.Errorf("%s%s: %w", b.place, name, fs.ErrExist)
		case !isConflict(err):
			return b.fault(name, err)
		}
		// Two puts met in the same instant and the store has refused both.
		select {
		case <-ctx.Done():
			return b.fault(name, err)
		case <-time.After(pause):
		}
	}
}

func (b *bucket) read(name string) ([]byte, error) {
	if isLocal(name) {
		return b.work.read(name)
	}
	ctx, cancel := within(context.Background(), 0)
	defer cancel()
	content, err := b.objects.ReadAll(ctx, name)
	return content, b.fault(name, err)
}

func (b *bucket) list(name string) ([]string, error) {
	if isLocal(name) {
		return b.work.list(name)
	}
	var names []string
	err := b.each(context.Background(), name, "/", func(object *blob.ListObject) error {
		if found := strings.TrimSuffix(strings.TrimPrefix(object.Key, name+"/"), "/"); found != "" {
			names = append(names, found)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func (b *bucket) walk(ctx context.Context, name string, visit func(stored) error) error {
	if isLocal(name) {
		return b.work.walk(ctx, name, visit)
	}
	return b.each(ctx, name, "", func(object *blob.ListObject) error {
		return visit(stored{name: object.Key, bytes: object.Size, changed: object.ModTime})
	})
}

// each calls visit for what lies in the folder, page by page.
func (b *bucket) each(ctx context.Context, name, delimiter string, visit func(*blob.ListObject) error) error {
	for token := blob.FirstPageToken; len(token) > 0; {
		page, next, err := b.page(ctx, token, &blob.ListOptions{Prefix: name + "/", Delimiter: delimiter})
		if err != nil {
			return b.fault(name+"/", err)
		}
		for _, object := range page {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if err := visit(object); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

func (b *bucket) page(ctx context.Context, token []byte, options *blob.ListOptions) ([]*blob.ListObject, []byte, error) {
	ctx, cancel := within(ctx, 0)
	defer cancel()
	return b.objects.ListPage(ctx, token, b.pageSize, options)
}

// settle has nothing to do: what a list shows is durable.
func (b *bucket) settle(string) error { return nil }

func (b *bucket) remove(names ...string) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, name := range names {
		group.Go(func() error {
			if isLocal(name) {
				return b.work.remove(name)
			}
			if err := b.cache.forget(name); err != nil {
				return err
			}
			ctx, cancel := within(context.Background(), 0)
			defer cancel()
			if err := b.objects.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				return b.fault(name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (b *bucket) stat(name string) (stored, error) {
	if isLocal(name) {
		return b.work.stat(name)
	}
	ctx, cancel := within(context.Background(), 0)
	defer cancel()
	found, err := b.objects.Attributes(ctx, name)
	if err != nil {
		return stored{}, b.fault(name, err)
	}
	return stored{name: name, bytes: found.Size, changed: found.ModTime}, nil
}

func (b *bucket) local(ctx context.Context, name string) (string, error) {
	if isLocal(name) {
		return b.work.local(ctx, name)
	}
	return b.cache.path(name, func(file *os.File) error {
		intact, err := b.download(ctx, name, file)
		if err == nil && !intact {
			err = fmt.Errorf("%s%s: is not what was put: its size or its SHA-256 is another", b.place, name)
		}
		return err
	})
}

func (b *bucket) open(ctx context.Context, name string) (*os.File, error) {
	if isLocal(name) {
		return b.work.open(ctx, name)
	}
	if err := makeFolder(b.work.path("tmp")); err != nil {
		return nil, err
	}
	file, err := createTemp(b.work.path("tmp"), path.Base(name))
	if err != nil {
		return nil, err
	}
	_, err = b.download(ctx, name, file) // also what is damaged, for the caller to see
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	// The open file stays until it is closed.
	if err = errors.Join(err, os.Remove(file.Name())); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// download writes the object to the file, and says whether it is what was put.
func (b *bucket) download(ctx context.Context, name string, file *os.File) (intact bool, err error) {
	const tries = 3 // a connection can break in the middle of an answer
	for range tries {
		intact, err = b.downloadOnce(ctx, name, file)
		if intact || ctx.Err() != nil || errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return intact, err
}

func (b *bucket) downloadOnce(ctx context.Context, name string, file *os.File) (intact bool, err error) {
	if err := file.Truncate(0); err != nil {
		return false, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	asking, answered := within(ctx, 0)
	defer answered()
	found, err := b.objects.Attributes(asking, name)
	if err != nil {
		return false, b.fault(name, err)
	}
	loading, loaded := within(ctx, found.Size)
	defer loaded()
	digest := sha256.New()
	if err := b.objects.Download(loading, name, io.MultiWriter(file, digest), nil); err != nil {
		return false, b.fault(name, err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	want, known := found.Metadata[digestKey]
	return size == found.Size && (!known || want == hex.EncodeToString(digest.Sum(nil))), err
}

// contentType tells other programs what an object holds.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".parquet":
		return "application/vnd.apache.parquet"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
