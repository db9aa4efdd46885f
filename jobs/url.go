package jobs

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// location is where a queue is: a SQLite file or a PostgreSQL database.
type location struct {
	file     string // absolute path; empty: PostgreSQL
	postgres string
}

// String names the place without a password.
func (l location) String() string {
	if l.file != "" {
		return "sqlite:" + l.file
	}
	parsed, err := url.Parse(l.postgres)
	if err != nil {
		return "postgres://…"
	}
	return parsed.Redacted()
}

// parseURL reads a queue's URL; relative paths start from dir.
func parseURL(text, dir string) (location, error) {
	if text == "" {
		text = "sqlite:./parley.db"
	}
	scheme, rest, found := strings.Cut(text, ":")
	switch {
	case found && scheme == "sqlite":
		if strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, "///") {
			return location{}, fmt.Errorf("queue.url %q: SQLite is a file, not a host; write sqlite:./parley.db", text)
		}
		if rest == "" || strings.HasSuffix(rest, "/") || strings.Contains(rest, ":memory:") {
			return location{}, fmt.Errorf("queue.url %q names no file; write sqlite:./parley.db", text)
		}
		path := filepath.FromSlash(rest)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return location{}, fmt.Errorf("queue.url %q: %w", text, err)
		}
		return location{file: absolute}, nil
	case found && (scheme == "postgres" || scheme == "postgresql"):
		parsed, err := url.Parse(text)
		if err != nil || parsed.Host == "" {
			// Neither text nor err are shown: they may hold a password.
			return location{}, fmt.Errorf("queue.url: this is no PostgreSQL address; write postgres://USER:PASSWORD@HOST:5432/DATABASE, special characters in the password percent-encoded")
		}
		return location{postgres: text}, nil
	}
	shown := text
	if found && strings.HasPrefix(rest, "//") {
		shown = scheme + "://…"
	}
	return location{}, fmt.Errorf("queue.url %q: the queue lies in SQLite or PostgreSQL; write sqlite:./parley.db or postgres://USER@HOST:5432/DATABASE", shown)
}
