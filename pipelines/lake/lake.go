// Package lake names and stores the files of a lake, and keeps the log that
// says which of them count. It does not know what a record is, nor Kafka.
//
//	landed/<kind>/v=<schema>/dt=<landing day>/<topic>-<epoch>-<partition>-<start>-<end>-<attempt>.parquet
//	log/<topic>/<epoch>/<partition>/<start, 20 digits>.json
//	log/<topic>/<epoch>/<partition>/checkpoints/<start>-<end>.ndjson.gz
//	tmp/
//
// A file in landed counts only if an entry of the log lists it: a crash may
// leave others, which Collect removes. Readers therefore ask Files, and never
// look with a pattern. A checkpoint stands for a run of entries, whose files are
// then removed; an entry file whose start a checkpoint covers does not count.
// checkpoint.go says why that loses nothing, and Verify proves the whole.
package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Lake is one lake. It is safe to use from several goroutines, and any number
// of processes may have the same lake open.
type Lake struct {
	root  string
	store store
}

var scheme = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]+:`)

// Option is one of Open's options, all of which are about object stores.
type Option func(*options)

type options struct {
	work  string
	limit int64
}

// WithWork gives a lake in an object store a local folder for what is computed
// from it, and for copies of its files. Such a lake needs one; a lake in a
// folder is its own.
func WithWork(folder string) Option { return func(o *options) { o.work = folder } }

// WithCache bounds the local copies of an object store's files, in bytes.
// Zero, as without it: 10 GB.
func WithCache(limit int64) Option { return func(o *options) { o.limit = limit } }

// Open opens the lake at address: a folder's path, or a URL such as
// file:///var/lib/parley/lake or s3://bucket/prefix?region=eu-west-1. Nothing is
// created, and no object store asked, before the first use.
//
// An object store must speak S3 and put an object only if there is none by its
// name (If-None-Match), which Check proves. The URL's parameters are region,
// endpoint, profile, use_path_style and the others of gocloud.dev's s3blob;
// credentials are found where AWS's programs look for them.
func Open(address string, opts ...Option) (*Lake, error) {
	var given options
	for _, option := range opts {
		option(&given)
	}
	path := address
	if found := scheme.FindString(address); strings.EqualFold(found, "file:") {
		location, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("lake %s: %w", address, err)
		}
		if location.Host != "" && location.Host != "localhost" {
			return nil, fmt.Errorf("lake %s: names the host %s; a path has three slashes, as in file:///var/lib/parley/lake", address, location.Host)
		}
		path = location.Path
		if location.Opaque != "" {
			if path, err = url.PathUnescape(location.Opaque); err != nil {
				return nil, fmt.Errorf("lake %s: %w", address, err)
			}
		}
	} else if strings.EqualFold(found, "s3:") {
		return openRemote(address, given)
	} else if found != "" {
		return nil, fmt.Errorf("lake %s: %s is not supported; give a folder, as ./lake, or s3://bucket/prefix?region=eu-west-1", address, strings.TrimSuffix(found, ":"))
	}
	if path == "" {
		return nil, fmt.Errorf("lake %q: names no folder; give one, as ./lake", address)
	}
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("lake %s: %w", address, err)
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("lake %s: is a file; give a folder", address)
	}
	return &Lake{root: root, store: folder(root)}, nil
}

func openRemote(address string, given options) (*Lake, error) {
	location, err := url.Parse(address)
	if err != nil { // whose text may hold a part of a password
		return nil, errors.New("lake: what is given is no URL; write s3://bucket/prefix?region=eu-west-1")
	}
	if given.work == "" {
		return nil, fmt.Errorf("lake %s: needs a local folder for what is computed from it", location.Redacted())
	}
	root, err := filepath.Abs(given.work)
	if err != nil {
		return nil, fmt.Errorf("lake %s: %w", location.Redacted(), err)
	}
	remote, err := openBucket(location, root, cmp.Or(given.limit, 10<<30))
	if err != nil {
		return nil, fmt.Errorf("lake %s: %w", location.Redacted(), err)
	}
	return &Lake{root: root, store: remote}, nil
}

// Root is the local folder, as an absolute path, in which lies what is computed
// from the lake: the lake's own, or the one that WithWork gave it.
func (l *Lake) Root() string { return l.root }

// Local is the path of a local file with the content of a file that the log
// names: the file itself, or a copy of it where the lake is not on this machine.
func (l *Lake) Local(ctx context.Context, name string) (string, error) {
	if !fs.ValidPath(name) { // who can write to an object store must not choose a place on this machine
		return "", fmt.Errorf("open %q: is no file of a lake", name)
	}
	path, err := l.store.local(ctx, name)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", name, err)
	}
	return path, nil
}

// Path is the absolute path of a file below Root. A file that the log names is
// found by Local: it may not be there.
func (l *Lake) Path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }
