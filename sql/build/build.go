// Package build makes one build, from the lake to published marts: it settles
// what has landed, hands the models their inputs, runs and checks them, brings
// the segments up to date, and makes the new build current by one atomic step.
// It does not know what any model says, nor how records come into the lake.
//
// A build lies in a folder of its own below lake/marts; lake/marts/current is a
// symbolic link to the one that readers see. Until that link is replaced, by a
// rename, nothing that a reader can see has changed: a build that fails, or
// whose process is killed at any instant, leaves the last one current, and the
// next build removes what it left behind. lake/builds keeps a record of every
// build, failed ones too.
package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/attribute"
	"parley/sql/checks"
	"parley/sql/models"
	"parley/sql/officehours"
	"parley/sql/segment"
	"parley/sql/settle"
	"parley/sql/staffing"
	"parley/sql/transform"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
)

// Outage is a span of time in which something of the company's did not work.
type Outage struct {
	Name     string
	From, To time.Time
}

// Settings are the workspace's own choices, as the models see them.
type Settings struct {
	Name       string   // of the workspace
	Timezone   string   // IANA; default UTC
	WeekStarts string   // monday … sunday; default monday
	Bots       []string // authors who are not people: names, or "id:…"
	Teams      []string // tags that name a team
	Topics     []string // tags that name a topic
	Zones      []string // IANA zones of contacts_by_hour_zones, beside the workspace's own
	Outages    []Outage
	// OfficeHours is the schedule by which office hours are counted; nil: there is none.
	OfficeHours *officehours.Schedule
	Cover       []officehours.Cover  // who is there when, for the hiring plan; none: nobody has said
	Staffing    staffing.Assumptions // of the hiring plan; default staffing.Default
	// Geography is the path of a file in MaxMind's format, by which addresses have a place; "": none.
	Geography string
	// Enrichment says of attributes, by name, whose word wins, the first that has
	// one: names of sources, and record.OwnSource for what the company itself sends.
	Enrichment map[string][]string
	Keep       int // the newest builds, which all stay, the current one among them; default 10
	// KeepFor is for how long older ones stay, thinned out: see keeps. Default: none does.
	KeepFor time.Duration
	// Freshness are the limits of how old the newest record of a kind may be.
	Freshness []Freshness
}

// Config is one build.
type Config struct {
	Lake     *lake.Lake // required
	Settings Settings
	// Models are the workspace's own, *.sql; nil: none.
	Models   fs.FS
	Segments []segment.Definition
	// AsOf is the instant the build stands at: nothing later is in it. Default: Now().
	AsOf time.Time
	// Full computes everything from nothing, whatever the last build left.
	Full bool
	// Select are the models that run, as transform.Graph.Select reads them; the
	// others stay as they are, and so do the records and the instant. None: all run.
	Select []string
	// Now tells the time, for the build's name and its durations. Required.
	Now    func() time.Time
	Engine warehouse.Config
	// Spark is the address of a Spark that runs the models, as sc://host:15002. It
	// sees the lake under the same paths. Default: the engine in the process runs them.
	Spark string
	// Progress is told of each step as it begins; nil: nobody.
	Progress func(Progress)

	parts parts
}

// Progress says which step of a build begins.
type Progress struct {
	Step        string // wait, settle, inputs, model, segments, publish
	What        string // of a model or check: its name; of wait: who is waited for
	Done, Total int    // of the step; Total 0: not counted
}

// Result is a build that was published.
type Result struct {
	Build warehouse.Build
	Dir   string // the build's folder
	// Faults are what was wrong in the workspace's own models and segments: the
	// build was published without what is new of them.
	Faults []error
	// Warnings are checks of severity warn that did not hold.
	Warnings []warehouse.CheckRecord
}

// Error is why a build was not published. The last one, if any, is still current.
type Error struct {
	ID    string
	First bool  // none has been published before
	Err   error // all that is wrong, joined
}

func (e *Error) Error() string {
	left := "the last one is still current"
	if e.First {
		left = "and none was before it"
	}
	return fmt.Sprintf("build %s was not published, %s:\n%s", e.ID, left, e.Err)
}

// Unwrap gives the causes.
func (e *Error) Unwrap() error { return e.Err }

// parts are what a build is made of; tests put small ones in their place.
type parts struct {
	settle func(ctx context.Context, cfg settle.Config) (*settle.Manifest, error)
	models fs.FS
	checks fs.FS
	made   func(attribute.Engine) []transform.Made // models without a file; nil: none
	// touched is the share of a model that may be touched before it is run as a whole; 0: the usual one.
	touched  float64
	partRows int64        // of a file of a mart in parts; 0: the usual number
	gather   gathering    // when settled tables are gathered; zero: as usual
	step     func(string) // told of each instant between two things that a kill could part
}

func (p parts) orOurs() parts {
	if p.settle == nil {
		p.settle = settle.Run
	}
	if p.models == nil {
		p.models, p.checks, p.made = models.FS, checks.FS, attributes
	}
	if p.step == nil {
		p.step = func(string) {}
	}
	return p
}

var weekdays = map[string]int{"": 1, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7}

// Validate reports every fault of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	if c.Lake == nil {
		faults = append(faults, errors.New("a build wants a lake"))
	}
	if c.Now == nil {
		faults = append(faults, errors.New("a build wants to be told the time"))
	}
	for i, zone := range append([]string{c.Settings.Timezone}, c.Settings.Zones...) {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || i > 0 && zone == "" {
			faults = append(faults, fmt.Errorf("%q is no time zone; write an IANA name, as in Europe/Dublin", zone))
		}
	}
	if weekdays[c.Settings.WeekStarts] == 0 {
		faults = append(faults, fmt.Errorf("week starts on %q; write monday … sunday", c.Settings.WeekStarts))
	}
	if c.Settings.Staffing != (staffing.Assumptions{}) {
		faults = append(faults, c.Settings.Staffing.Validate())
	}
	for _, o := range c.Settings.Outages {
		if !o.From.Before(o.To) {
			faults = append(faults, fmt.Errorf("outage %q ends before it begins; exchange from and to", o.Name))
		}
	}
	if c.Settings.Keep < 0 {
		faults = append(faults, fmt.Errorf("%d builds cannot be kept; give 1 or more, or 0 for 10", c.Settings.Keep))
	}
	if c.Settings.KeepFor < 0 {
		faults = append(faults, fmt.Errorf("builds cannot be kept for %s; give a length of time, or 0 for none", c.Settings.KeepFor))
	}
	for _, f := range c.Settings.Freshness {
		if f.Limit <= 0 || !slices.Contains(record.Kinds(), f.Kind) || f.Severity != transform.Warn && f.Severity != transform.Error {
			faults = append(faults, fmt.Errorf("freshness of %q: give one of the kinds %v, a limit above 0, and warn or error", f.Kind, record.Kinds()))
		}
	}
	if c.Spark != "" {
		faults = append(faults, spark.CheckAddress(c.Spark))
		if len(c.Select) > 0 {
			faults = append(faults, errors.New("on Spark all models run; select some only where DuckDB runs them"))
		}
	}
	return errors.Join(append(faults, c.Engine.Validate())...)
}

// Run makes a build. One runs at a time: a second waits for the lock in
// lake/marts. The error is an *Error when the build had begun.
func Run(ctx context.Context, cfg Config) (Result, error) {
	if err := cfg.Validate(); err != nil {
		return Result{}, err
	}
	if cfg.Settings.Keep == 0 {
		cfg.Settings.Keep = 10
	}
	cfg.parts = cfg.parts.orOurs()
	at := placesOf(cfg.Lake)
	at.step = cfg.parts.step
	release, err := lake.LockWait(ctx, filepath.Join(at.marts, lockName), func(h lake.Holder) {
		cfg.tell(Progress{Step: "wait", What: h.String()})
	})
	if err != nil {
		return Result{}, fmt.Errorf("wait for the other build: %w", err)
	}
	defer release()
	if err := at.sweep(); err != nil {
		return Result{}, fmt.Errorf("clear what a former build left: %w", err)
	}
	b, err := begin(at, cfg)
	if err != nil {
		return Result{}, err
	}
	result, err := b.run(ctx)
	if why := b.former(ctx, err); why != "" {
		if err := b.undo(); err != nil {
			return Result{}, err
		}
		cfg.Full = true
		if b, err = begin(at, cfg); err != nil {
			return Result{}, err
		}
		b.record.MadeAgain = why
		result, err = b.run(ctx)
	}
	var selection *transform.SelectionError
	if errors.As(err, &selection) { // it was no build, but a slip of the pen
		return Result{}, errors.Join(err, b.undo())
	}
	if err != nil {
		_, none := warehouse.CurrentDir(at.marts)
		return Result{}, &Error{ID: b.record.ID, First: errors.Is(none, warehouse.ErrNoBuild), Err: errors.Join(err, b.abandon(ctx, err))}
	}
	// The build is published: what fails from here on is put right by the next.
	err = b.finish()
	result.Build = b.record
	return result, err
}

func (c Config) tell(p Progress) {
	if c.Progress != nil {
		c.Progress(p)
	}
}

// building is a build in the making.
type building struct {
	cfg    Config
	at     places
	dir    string // lake/marts/<id>
	work   string // what is not published, within dir
	record warehouse.Build
	before int64 // version of the settled tables that the newest build read
	faults []error
}

// run does everything up to the pointer.
func (b *building) run(ctx context.Context) (Result, error) {
	b.cfg.tell(Progress{Step: "settle"})
	var manifest *settle.Manifest
	err := b.timed(stepSettle, func() (err error) {
		if manifest, err = b.settled(ctx); err != nil {
			return err
		}
		if manifest.Version != b.before {
			b.record.MadeAgain = cmp.Or(b.record.MadeAgain, manifest.MadeAgain)
		}
		b.record.Settled = manifest.Version
		return b.noteLanded(ctx, manifest.Covers)
	})
	if err != nil {
		return Result{}, err
	}
	if err := b.checkSources(manifest); err != nil {
		return Result{}, err
	}
	b.at.step("settled")
	engineConfig := b.cfg.Engine
	if engineConfig.TempDir == "" {
		engineConfig.TempDir = filepath.Join(b.work, "spill")
	}
	engine, err := warehouse.Open(ctx, engineConfig)
	if err != nil {
		return Result{}, err
	}
	err = b.transform(ctx, engine, manifest)
	if err == nil {
		err = b.timed(stepSegments, func() error { return b.segments(ctx, engine) })
	}
	if err == nil {
		b.at.step("segments made")
		b.cfg.tell(Progress{Step: "publish"})
		err = b.timed(stepPublish, func() error { return engine.WriteDatabase(ctx, b.dir) })
	}
	if err := errors.Join(err, engine.Close()); err != nil {
		return Result{}, err
	}
	if err := b.timed(stepPublish, func() error { return b.publish(ctx) }); err != nil {
		return Result{}, err
	}
	result := Result{Build: b.record, Dir: b.dir, Faults: b.faults}
	for _, c := range b.record.Checks {
		if c.Severity == string(transform.Warn) {
			result.Warnings = append(result.Warnings, c)
		}
	}
	return result, nil
}

// transform hands the models their inputs, runs them and notes what came of it.
func (b *building) transform(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) (err error) {
	b.cfg.tell(Progress{Step: "inputs"})
	var inputs map[string]transform.Input
	err = b.timed(stepInputs, func() (err error) {
		inputs, err = b.inputs(ctx, engine, manifest)
		return err
	})
	if err != nil {
		return err
	}
	on, leave, err := b.modelEngine(ctx, engine, manifest)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	graph, place, options, err := b.graph(ctx, engine, inputs)
	if err != nil {
		return err
	}
	options.Keep = b.keepSample
	options.Progress = func(done, total int, what string) {
		b.at.step("model " + what)
		b.cfg.tell(Progress{Step: "model", What: what, Done: done, Total: total})
	}
	var run *transform.Result
	err = b.timed(stepModels, func() (err error) {
		run, err = graph.Run(ctx, on, place, options)
		return err
	})
	if err != nil {
		return err
	}
	b.note(run)
	return run.Err()
}

// note takes what came of the models and checks into the build's record.
func (b *building) note(run *transform.Result) {
	b.record.Steps[stepChecks] = run.CheckSeconds
	b.record.Steps[stepModels] = max(0, b.record.Steps[stepModels]-run.CheckSeconds)
	for _, m := range run.Models {
		record := warehouse.ModelRecord{
			Name: m.Model.Name, File: m.Model.File, Own: m.Model.Own, State: string(m.State), Stale: m.Stale, How: m.How, Reason: m.Reason,
			Seconds: m.Seconds, Key: m.Model.Header.Key,
		}
		if m.Err != nil {
			record.Error = m.Err.Error()
		}
		if m.Err != nil && m.Model.Own {
			b.faults = append(b.faults, m.Err)
		}
		b.record.Models = append(b.record.Models, record)
		if m.Model.Layer == transform.Mart && m.Rows >= 0 {
			b.record.Rows[m.Model.Name] = m.Rows
		}
	}
	for _, o := range run.Checks {
		record := warehouse.CheckRecord{Model: o.Model, Check: o.Check, Rule: o.Rule, File: o.File, Line: o.Line, Severity: string(o.Severity), Failed: o.Failed, Found: o.Found}
		if o.Err != nil {
			record.Error = o.Err.Error()
		}
		if o.Kept != "" {
			record.Sample = filepath.Join(b.record.ID, filepath.Base(o.Kept))
		}
		b.asked(record, o.Held())
	}
	b.forget(run)
}
