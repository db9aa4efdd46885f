package cli

import (
	"context"
	"fmt"
	"time"

	"parley/cmd/output"
	"parley/pipelines/lake"
)

// verifyLake proves what the log says, or says what is wrong.
func (a *app) verifyLake(ctx context.Context, deep bool) error {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	began := time.Now()
	show := a.movingLine()
	done, err := store.Verify(ctx, lake.VerifyConfig{Deep: deep, Progress: func(p lake.VerifyProgress) {
		text := fmt.Sprintf("verifying: %s, %s of %s files", plural(p.Entries, "entry", "entries"), grouped(p.Files), grouped(p.AllFiles))
		if deep {
			text += fmt.Sprintf(", %s of %s", size(p.Bytes), size(p.AllBytes))
		}
		show(text)
	}})
	show("")
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"log", "entry", "file", "fault", "remedy"}, Empty: "the lake is whole"}
	for _, fault := range done.Faults {
		var entry any
		if fault.Start >= 0 {
			entry = fault.Start
		}
		r.Rows = append(r.Rows, []any{fault.Log, entry, fault.Path, fault.What, fault.Remedy})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if left := done.Unlisted + done.Temp + done.Leftover + done.Void; left > 0 {
		a.say("%s, which nobody reads, may have been left by crashes or may still be written; `parley lake collect` removes what is old enough", plural(left, "file", "files"))
	}
	how := "each file there with its size; --deep reads them too"
	if deep {
		how = "each file read: hash, rows, and the place of every row"
	}
	looked := fmt.Sprintf("%s in %s, %s of %s with %s, %s, %s, in %.1f s",
		plural(done.Entries, "entry", "entries"), plural(done.Logs, "log", "logs"), plural(done.Files, "file", "files"), size(done.Bytes),
		plural(done.Rows, "row", "rows"), plural(done.Dead, "dead letter", "dead letters"), plural(done.Tombstones, "tombstone", "tombstones"), time.Since(began).Seconds())
	if done.FaultCount > 0 {
		return fmt.Errorf("%s in %s", plural(done.FaultCount, "fault", "faults"), looked)
	}
	a.say("verified %s (%s)", looked, how)
	return nil
}

func (a *app) checkpointLake(ctx context.Context) error {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	done, err := store.Checkpoint(ctx, lake.CheckpointConfig{})
	if err != nil {
		return err
	}
	return a.print(output.Rows{
		Columns: []string{"checkpoints", "entries", "removed_files"},
		Rows:    [][]any{{done.Checkpoints, done.Entries, done.Removed}},
	})
}

func (a *app) collectLake(ctx context.Context) error {
	_, store, err := a.openLake()
	if err != nil {
		return err
	}
	done, err := store.Collect(ctx, lake.CollectConfig{Now: time.Now()})
	if err != nil {
		return err
	}
	err = a.print(output.Rows{
		Columns: []string{"temporary_files", "landed_files", "entry_files", "bytes"},
		Rows:    [][]any{{done.Temp, done.Landed, done.Entries, done.Bytes}},
	})
	if done.Kept > 0 {
		a.say("%s that no entry lists: too young, or its writer may still go on", plural(done.Kept, "landed file stays", "landed files stay"))
	}
	return err
}

// size is a number of bytes for people: 1.2 GB.
func size(bytes int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	value, unit := float64(bytes), 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 99.5 {
		return fmt.Sprintf("%.0f %s", value, units[unit])
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
