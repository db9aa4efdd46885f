// Package lake names and stores the files of a lake, and keeps the log that
// says which of them count. It does not know what a record is, nor Kafka.
//
//	landed/<kind>/v=<schema>/dt=<landing day>/<topic>-<epoch>-<partition>-<start>-<end>-<attempt>.parquet
//	log/<topic>/<epoch>/<partition>/<start, 20 digits>.json
//	tmp/
//
// A file in landed counts only if an entry of the log lists it: a crash may
// leave others. Readers therefore ask Files, and never look with a pattern.
package lake

import (
	"context"
	"fmt"
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

// Open opens the lake at address: a folder's path, or a URL such as
// file:///var/lib/parley/lake. Nothing is created before the first write.
func Open(address string) (*Lake, error) {
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
	} else if found != "" {
		return nil, fmt.Errorf("lake %s: %s is not supported; give a folder, as ./lake or file:///var/lib/parley/lake", address, strings.TrimSuffix(found, ":"))
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

// Root is the lake's folder, as an absolute path.
func (l *Lake) Root() string { return l.root }

// Local is the path of a local file with the content of a file that the log
// names: the file itself, or a copy of it where the lake is not on this machine.
func (l *Lake) Local(ctx context.Context, name string) (string, error) {
	path, err := l.store.local(ctx, name)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", name, err)
	}
	return path, nil
}

// Path is the absolute path of a file that the log names.
func (l *Lake) Path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }
