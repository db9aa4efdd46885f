// Package workspace knows a workspace: the folder that a company keeps in its
// own git, with parley.yaml, its segments, messages and models, and the places
// where Parley keeps what it makes. It does not know what is done with them.
package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/pipelines/yamlfile"
)

// ConfigFile is the file that makes a folder a workspace.
const ConfigFile = "parley.yaml"

// ErrNone says that a folder is no workspace.
var ErrNone = errors.New("no workspace")

// noneError is ErrNone of one folder.
type noneError struct{ dir string }

func (e *noneError) Error() string {
	return fmt.Sprintf("%s: no workspace here: there is no %s; make one with `parley init DIR`, or name another folder with -C DIR", e.dir, ConfigFile)
}

func (e *noneError) Is(target error) bool { return target == ErrNone }

// Workspace is an opened workspace.
type Workspace struct {
	Dir    string // absolute
	Config Config
	file   *yamlfile.File // parley.yaml, for faults that show only when a part of it is used
}

// Open reads the workspace in dir. A folder without parley.yaml gives ErrNone;
// a fault in the file is given with its place and remedy, every fault at once.
func Open(dir string) (*Workspace, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open workspace %s: %w", dir, err)
	}
	shown := filepath.Join(dir, ConfigFile)
	text, err := os.ReadFile(filepath.Join(abs, ConfigFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &noneError{dir}
	}
	if err != nil {
		return nil, fmt.Errorf("open workspace: %w", err)
	}
	ws := &Workspace{Dir: abs}
	file, err := yamlfile.Decode(shown, bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), 0, &ws.Config)
	if err != nil {
		return nil, err
	}
	ws.Config.setDefaults(filepath.Base(abs))
	if err := ws.Config.validate(file); err != nil {
		return nil, err
	}
	ws.file = file
	return ws, nil
}

// Path joins elements to the workspace's folder.
func (w *Workspace) Path(elements ...string) string {
	return filepath.Join(append([]string{w.Dir}, elements...)...)
}

// Resolve makes a path of the configuration absolute: a relative one starts at
// the workspace's folder, not at the one the command was called in.
func (w *Workspace) Resolve(path string) string {
	path = strings.TrimPrefix(path, "file://")
	if filepath.IsAbs(path) {
		return path
	}
	return w.Path(path)
}

// QueueURL is the queue's URL with an absolute path where it is a file.
func (w *Workspace) QueueURL() string {
	if path, ok := strings.CutPrefix(w.Config.Queue.URL, "sqlite:"); ok {
		return "sqlite:" + w.Resolve(strings.TrimPrefix(path, "//"))
	}
	return w.Config.Queue.URL
}

// Spark is the address of the Spark that runs the models, or "" where the engine
// in the process does.
func (w *Workspace) Spark() string {
	if w.Config.Engine.URL == InProcess {
		return ""
	}
	return w.Config.Engine.URL
}

// BuildEvery is how often a build is expected: build.every, and never (0) in a
// workspace whose clock is pinned.
func (w *Workspace) BuildEvery() time.Duration {
	if w.Config.Workspace.AsOf != "" {
		return 0
	}
	return w.Config.Build.Every.Value()
}

// FreshnessLine is the line of parley.yaml with the limit of a kind of record.
func (w *Workspace) FreshnessLine(kind string) int { return w.file.Line("$.build.freshness." + kind) }

// State is where Parley keeps what is its own: the embedded broker's log, the token.
func (w *Workspace) State(elements ...string) string {
	return w.Path(append([]string{".parley"}, elements...)...)
}

// Now is the workspace's clock: pinned by workspace.as_of, else the machine's.
func (w *Workspace) Now() time.Time {
	if pinned := w.Config.Workspace.AsOf.Value(); !pinned.IsZero() {
		return pinned
	}
	return time.Now().UTC()
}

// WeekStarts is the day on which the workspace's weeks start, 1 Monday … 7 Sunday.
func (w *Workspace) WeekStarts() int {
	day, _ := weekdayNumber(w.Config.Workspace.WeekStarts) // validate has refused any other
	return day
}

// Location is the workspace's time zone.
func (w *Workspace) Location() *time.Location {
	zone, err := loadZone(w.Config.Workspace.Timezone)
	if err != nil {
		return time.UTC // validate has refused it before
	}
	return zone
}

// Folder is one of the workspace's folders of definitions (segments, messages,
// models) as a file system; it is empty when the folder is not there.
func (w *Workspace) Folder(name string) fs.FS { return os.DirFS(w.Path(name)) }
