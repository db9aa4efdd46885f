package transform

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Notes are the headers of the marts' models by the marts' names: ours of a
// folder marts/, and the workspace's own. Faults in them are a build's matter.
func Notes(ours, own fs.FS) (map[string]Header, error) {
	notes := map[string]Header{}
	for _, from := range []struct {
		files   fs.FS
		pattern string
	}{{own, "*.sql"}, {ours, "marts/*.sql"}} {
		if from.files == nil {
			continue
		}
		files, err := fs.Glob(from.files, from.pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := fs.ReadFile(from.files, file)
			if err != nil {
				return nil, fmt.Errorf("read model %s: %w", file, err)
			}
			name := strings.TrimSuffix(path.Base(file), ".sql")
			notes[name], _ = parseHeader(name, file, string(content))
		}
	}
	return notes, nil
}
