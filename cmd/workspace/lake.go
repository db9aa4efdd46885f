package workspace

import (
	"path/filepath"
	"strings"

	"parley/pipelines/lake"
)

// inObjectStore says whether the lake is no folder.
func (l Lake) inObjectStore() bool { return strings.HasPrefix(l.URL, "s3:") }

// LakeDir is the lake's folder. Where the lake is in an object store, it is the
// one for what is computed from it, marts too.
func (w *Workspace) LakeDir() string {
	if w.Config.Lake.inObjectStore() {
		return w.Path("lake")
	}
	return w.Resolve(w.Config.Lake.URL)
}

// OpenLake opens the workspace's lake.
func (w *Workspace) OpenLake() (*lake.Lake, error) {
	if !w.Config.Lake.inObjectStore() {
		return lake.Open(w.LakeDir())
	}
	return lake.Open(w.Config.Lake.URL, lake.WithWork(w.LakeDir()), lake.WithCache(int64(w.Config.Lake.CacheGB*(1<<30))))
}

// MartsDir is where the builds lie, each in a folder of its own, and `current`.
func (w *Workspace) MartsDir() string { return filepath.Join(w.LakeDir(), "marts") }
