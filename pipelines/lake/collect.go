package lake

import (
	"context"
	"fmt"
	"hash/maphash"
	"path"
	"strings"
	"time"

	"parley/pipelines/internal/failpoint"
)

// CollectConfig says what counts as left behind.
type CollectConfig struct {
	// Now is compared with the times at which the store says that files were
	// written. Should either clock be wrong, no record is lost: a writer whose
	// file is taken away meets an error, and lands its records again.
	Now           time.Time
	OlderThan     time.Duration // of landed files that no entry lists; 0: an hour
	TempOlderThan time.Duration // of temporary files; 0: 24 hours
}

// Collected is what one call of Collect has done.
type Collected struct {
	Temp    int64 // temporary files removed
	Landed  int64 // landed files removed that no entry lists
	Bytes   int64 // of both
	Entries int64 // entry files removed that checkpoints stand for, or that never counted
	Kept    int64 // landed files that no entry lists and that stay for now
}

// Collect removes what writers and checkpointers that ended in the middle have
// left. Any number of processes may do so at the same time, beside all others.
//
// A landed file that no entry lists may be one whose writer was stopped between
// publishing it and appending its entry, and goes on tomorrow. It is removed
// only if that writer must then be fenced: an entry stands at the file's start
// already. What begins at the very end of its log stays until the log goes on.
func (l *Lake) Collect(ctx context.Context, config CollectConfig) (Collected, error) {
	if config.OlderThan <= 0 {
		config.OlderThan = time.Hour
	}
	if config.TempOlderThan <= 0 {
		config.TempOlderThan = 24 * time.Hour
	}
	c := collector{Lake: l, config: config, seed: maphash.MakeSeed(), listed: map[uint64]struct{}{}, ends: map[logID]int64{}}
	err := c.readLog(ctx)
	if err == nil {
		err = c.removeUnlisted(ctx)
	}
	if err == nil {
		err = c.removeTemp(ctx)
	}
	if err != nil {
		return c.done, fmt.Errorf("collect what was left behind: %w", err)
	}
	return c.done, nil
}

type collector struct {
	*Lake
	config CollectConfig
	done   Collected
	seed   maphash.Seed
	listed map[uint64]struct{} // hashes of the paths; two alike would only keep a file
	ends   map[logID]int64     // up to where the log goes
}

// readLog goes before the walk over the landed files: what is listed later
// begins at the end that is read here, or after it, and is not touched.
func (c *collector) readLog(ctx context.Context) error {
	ids, err := c.logs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		var end int64
		err := c.follow(ctx, id, 0, func(entry Entry) error {
			end = entry.End
			for _, file := range entry.Files {
				c.listed[maphash.String(c.seed, file.Path)] = struct{}{}
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.ends[id] = end
		seen, err := c.look(id)
		if err != nil {
			return err
		}
		removed, err := c.removeVoid(ctx, id, seen)
		c.done.Entries += removed
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) removeUnlisted(ctx context.Context) error {
	var orphans []stored
	err := c.store.walk(ctx, landedFolder, func(file stored) error {
		name, ours := parseLanded(file.name)
		if _, listed := c.listed[maphash.String(c.seed, file.name)]; listed || !ours {
			return nil
		}
		if c.config.Now.Sub(file.changed) < c.config.OlderThan {
			c.done.Kept++
			return nil
		}
		if name.start < c.ends[name.log] {
			orphans = append(orphans, file)
		} else {
			c.done.Kept++
		}
		return nil
	})
	if err != nil {
		return err
	}
	failpoint.At("orphans found")
	c.done.Landed, err = c.removeAll(ctx, orphans)
	return err
}

func (c *collector) removeTemp(ctx context.Context) error {
	var old []stored
	err := c.store.walk(ctx, tempFolder, func(file stored) error {
		// Folders are others': settling makes its files in some.
		if path.Dir(file.name) == tempFolder && strings.HasSuffix(file.name, tempSuffix) && c.config.Now.Sub(file.changed) >= c.config.TempOlderThan {
			old = append(old, file)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.done.Temp, err = c.removeAll(ctx, old)
	return err
}

func (c *collector) removeAll(ctx context.Context, files []stored) (removed int64, err error) {
	const atATime = 1000
	for len(files) > 0 {
		if ctx.Err() != nil {
			return removed, context.Cause(ctx)
		}
		n := min(atATime, len(files))
		names := make([]string, n)
		for i, file := range files[:n] {
			names[i] = file.name
			c.done.Bytes += file.bytes
		}
		if err := c.store.remove(names...); err != nil {
			return removed, err
		}
		removed += int64(n)
		files = files[n:]
	}
	return removed, nil
}
