package build

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// harms are what a disk can do to a file.
var harms = map[string]func(path string) error{
	"gone":  os.Remove,
	"empty": func(path string) error { return os.Truncate(path, 0) },
	"half": func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, info.Size()/2)
	},
	"overwritten": func(path string) error {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := 4; i < len(content)-8; i++ {
			content[i] ^= 0x55
		}
		return os.WriteFile(path, content, 0o644)
	},
}

// What the last build left is only a way to be quicker: where it is damaged, the
// next build makes everything anew, and says so.
func TestDamageToTheLastBuild(t *testing.T) {
	t.Parallel()
	for name, harm := range harms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.land("logged_in", monday.Add(-48*time.Hour), "1", "2")
			first := w.build()
			files := 0
			err := filepath.WalkDir(first.Dir, func(path string, entry fs.DirEntry, err error) error {
				// Who entered which segment when is known from there alone: nothing makes it anew.
				if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".parquet") || strings.Contains(path, "/segment_") {
					return err
				}
				files++
				return harm(path)
			})
			if err != nil || files < 6 {
				t.Fatalf("%d files, %v", files, err)
			}
			w.land("page_view", monday.Add(-24*time.Hour), "2", "3")
			second, err := Run(context.Background(), w.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if second.Build.MadeAgain == "" {
				t.Error("it does not say that all was made anew")
			}
			other := w.another()
			other.land("logged_in", monday.Add(-48*time.Hour), "1", "2")
			other.land("page_view", monday.Add(-24*time.Hour), "2", "3")
			sameMarts(t, name, second.Dir, other.build().Dir)
		})
	}
}
