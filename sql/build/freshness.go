package build

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/pipelines/record"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// Freshness is how old the newest record of a kind may be. Its age is that of
// its landing: what a record says of its own time is the sender's.
type Freshness struct {
	Kind     record.Kind
	Limit    time.Duration
	Severity transform.Severity // warn: it is told; error: no build is published
	File     string             // where the limit is written
	Line     int                // from 1; 0: not known
}

// Check is the check's name in a build's record: freshness_events.
func (f Freshness) Check() string { return freshnessPrefix + string(f.Kind) }

const freshnessPrefix = "freshness_"

// Found says in words how old the newest record is, where that is older than
// the limit as of an instant; "" where it is not. In a workspace whose clock is
// pinned records land after that instant, and are never old.
func (f Freshness) Found(source warehouse.SourceRecord, asOf time.Time) string {
	switch age := asOf.Sub(source.LandedAt); {
	case source.LandedAt.IsZero():
		return fmt.Sprintf("no record of %s has landed yet; the limit is %s", f.Kind, transform.DurationText(f.Limit))
	case age > f.Limit:
		return fmt.Sprintf("the newest record of %s landed %s ago, at %s; the limit is %s",
			f.Kind, transform.DurationText(age), source.LandedAt.UTC().Format(time.RFC3339), transform.DurationText(f.Limit))
	}
	return ""
}

// checkSources asks how old each source is that has a limit, and whether what
// landed could all be read.
func (b *building) checkSources(manifest *settle.Manifest) error {
	var faults []error
	for _, f := range b.cfg.Settings.Freshness {
		check := warehouse.CheckRecord{
			Check: f.Check(), Rule: "fresh(" + transform.DurationText(f.Limit) + ")", File: f.File, Line: f.Line, Severity: string(f.Severity),
			Found: f.Found(b.record.Sources[string(f.Kind)], b.record.AsOf),
		}
		held := check.Found == ""
		if !held {
			check.Failed = 1
		}
		b.asked(check, held)
		if !held && f.Severity == transform.Error {
			faults = append(faults, fmt.Errorf("%s:%d: check %s: %s; see that what sends them runs", f.File, f.Line, check.Check, check.Found))
		}
	}
	b.checkWhole(manifest)
	// Of what was not asked here, the limit was taken out.
	b.record.Unasked = slices.DeleteFunc(slices.Clone(b.record.Unasked), func(c warehouse.CheckRecord) bool {
		return c.Model == "" && strings.HasPrefix(c.Check, freshnessPrefix)
	})
	return errors.Join(faults...)
}

// checkWhole warns of landed files that are damaged: their records are in no mart
// until they are put back.
func (b *building) checkWhole(manifest *settle.Manifest) {
	check := warehouse.CheckRecord{Check: "landed_files_are_whole", Rule: "size and SHA-256 are those of the log", File: "lake/log", Severity: string(transform.Warn), Failed: int64(len(manifest.SetAside))}
	for i, d := range manifest.SetAside {
		if i == 3 {
			check.Found += fmt.Sprintf("; and %d more", len(manifest.SetAside)-i)
			break
		}
		if i > 0 {
			check.Found += "; "
		}
		check.Found += d.Path + ": " + d.Reason
	}
	b.asked(check, len(manifest.SetAside) == 0)
}
