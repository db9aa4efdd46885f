package build

import (
	"slices"

	"parley/sql/transform"
	"parley/sql/warehouse"
)

// inherit takes into a new record what the build before hands on: where the
// next counting of records begins, and which checks did not hold when they were
// last asked. A build that ends before it comes to either hands on the same.
func (b *building) inherit(before warehouse.Build) {
	b.record.Covers, b.record.Sources = before.Covers, before.Sources
	b.record.Unasked = slices.Concat(before.Checks, before.Unasked)
}

// asked takes the outcome of one check into the record. One that did not hold
// before goes on from there.
func (b *building) asked(check warehouse.CheckRecord, held bool) {
	b.record.ChecksRun++
	check.Since, check.Builds = b.record.ID, 1
	same := func(c warehouse.CheckRecord) bool { return c.Name() == check.Name() }
	if i := slices.IndexFunc(b.record.Unasked, same); i >= 0 {
		if was := b.record.Unasked[i]; was.Since != "" {
			check.Since, check.Builds = was.Since, was.Builds+1
		}
		b.record.Unasked = slices.DeleteFunc(slices.Clone(b.record.Unasked), same)
	}
	if !held {
		b.record.Checks = append(b.record.Checks, check)
		b.record.ChecksFailed = len(b.record.Checks)
	}
}

// forget drops those checks that were not asked because they are no more, after
// a run of all models: what is left waits for a model that failed, or that was
// skipped below one.
func (b *building) forget(run *transform.Result) {
	down := map[string]bool{}
	for _, m := range run.Models {
		if m.State != transform.Ran {
			down[m.Model.Name] = true
		}
	}
	b.record.Unasked = slices.DeleteFunc(slices.Clone(b.record.Unasked), func(c warehouse.CheckRecord) bool {
		if c.Model == "" { // a query reads several models
			return len(down) == 0
		}
		return !down[c.Model]
	})
}
