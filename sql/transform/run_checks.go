package transform

import (
	"context"
	"errors"
	"slices"
)

// laterCheck is a relation to a table that comes after the model in the order.
type laterCheck struct {
	model *Model
	check Check
}

// check runs the checks of a model's header; the error holds those of severity
// error that failed. A relation to a table that is not there yet waits.
func (r *run) check(ctx context.Context, m *Model) error {
	var now []Check
	for _, c := range m.Header.Checks {
		if c.Rule == Relation && (!r.there[c.Table] || r.comesAfter(c.Table, m)) {
			r.later = append(r.later, laterCheck{model: m, check: c})
			continue
		}
		now = append(now, c)
	}
	return r.checkThese(ctx, m, now)
}

// comesAfter tells whether a table is a model that stands behind m in the order,
// whichever of the two is there first.
func (r *run) comesAfter(table string, m *Model) bool {
	other := r.graph.model(table)
	return other != nil && slices.Index(r.graph.Models, other) > slices.Index(r.graph.Models, m)
}

func (r *run) checkThese(ctx context.Context, m *Model, checks []Check) error {
	if len(checks) == 0 {
		return nil
	}
	began := r.opts.Now()
	suspects, err := r.suspect(ctx, m, checks)
	if err != nil {
		return err
	}
	outcomes := runChecks(ctx, r.engine, m, suspects)
	if len(suspects) < len(checks) {
		outcomes = r.withHeld(m, checks, outcomes)
	}
	r.result.CheckSeconds += r.opts.Now().Sub(began).Seconds()
	for i := range outcomes {
		if err := r.keep(&outcomes[i]); err != nil {
			return err
		}
	}
	r.result.Checks = append(r.result.Checks, outcomes...)
	var faults []error
	left := r.next.Models[m.Name]
	for _, o := range outcomes {
		if o.Held() {
			continue
		}
		left.Broken = append(left.Broken, o.Check)
		if o.Severity == Error {
			faults = append(faults, o.Fault())
		}
	}
	r.next.Models[m.Name] = left
	return errors.Join(faults...)
}

// withHeld puts the checks that no row can break beside the outcomes of the others.
func (r *run) withHeld(m *Model, checks []Check, outcomes []Outcome) []Outcome {
	all := make([]Outcome, len(checks))
	for i, c := range checks {
		all[i] = outcomeOf(m, c)
		if k := slices.IndexFunc(outcomes, func(o Outcome) bool { return o.Check == c.Name() && o.Line == c.Line }); k >= 0 {
			all[i] = outcomes[k]
		}
	}
	return all
}

// checkLater runs the checks that waited for a later table. Only our models
// have such: a workspace's model comes after the tables it relates to.
func (r *run) checkLater(ctx context.Context) error {
	for _, l := range r.later {
		if r.down[l.model.Name] != "" || !r.there[l.check.Table] {
			continue // reported already
		}
		err := r.checkThese(ctx, l.model, []Check{l.check})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			continue
		}
		i := slices.IndexFunc(r.result.Models, func(m ModelRun) bool { return m.Model == l.model })
		delete(r.next.Models, l.model.Name)
		r.result.Models[i].State = Failed
		r.result.Models[i].Err = errors.Join(r.result.Models[i].Err, err)
	}
	return nil
}
