package cli

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/cmd/workspace"
	"parley/jobs"
	"parley/pipelines/landing"
	"parley/sql/build"
	"parley/sql/warehouse"
)

// figures are what a process says of itself to Prometheus.
type figures struct {
	registry *prometheus.Registry
	landing  *landing.Metrics // nil: this process does not land
}

func newFigures() *figures {
	registry := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "parley_info", Help: "1, with the program's version.", ConstLabels: prometheus.Labels{"version": version()}})
	info.Set(1)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info)
	return &figures{registry: registry}
}

// withLanding adds those of landing.
func (f *figures) withLanding() *figures {
	f.landing = landing.NewMetrics(f.registry)
	return f
}

// ofLanding are those of landing, nil if nobody asks for them.
func (f *figures) ofLanding() *landing.Metrics {
	if f == nil {
		return nil
	}
	return f.landing
}

// showBuilds adds what the workspace's builds say of themselves.
func (f *figures) showBuilds(ws *workspace.Workspace) error {
	err := f.registry.Register(buildFigures{ws})
	if _, again := errors.AsType[prometheus.AlreadyRegisteredError](err); again {
		return nil // the broker was lost, and the work began anew
	}
	return err
}

// showJobs adds how many jobs there are; hide takes them away, when the queue is closed.
func (f *figures) showJobs(queue *jobs.Queue) (hide func(), err error) {
	if f == nil {
		return func() {}, nil
	}
	shown := jobFigures{queue}
	return func() { f.registry.Unregister(shown) }, f.registry.Register(shown)
}

var (
	buildAsOf    = prometheus.NewDesc("parley_build_as_of_timestamp_seconds", "The instant that the current build stands at, in Unix time.", nil, nil)
	buildEnded   = prometheus.NewDesc("parley_build_published_timestamp_seconds", "When the current build was published, in Unix time.", nil, nil)
	buildSeconds = prometheus.NewDesc("parley_build_seconds", "How long the current build took.", nil, nil)
	buildChecks  = prometheus.NewDesc("parley_build_checks_failed", "Checks that do not hold in the current build.", nil, nil)
	buildFailed  = prometheus.NewDesc("parley_build_last_failed", "1 if the build that ended last was not published.", nil, nil)
)

// buildFigures reads the records of builds each time it is asked.
type buildFigures struct{ ws *workspace.Workspace }

// Describe names the figures.
func (b buildFigures) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{buildAsOf, buildEnded, buildSeconds, buildChecks, buildFailed} {
		to <- desc
	}
}

// Collect gives none before the first build.
func (b buildFigures) Collect(to chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	if failed, known := b.lastFailed(); known {
		gauge(buildFailed, map[bool]float64{true: 1}[failed])
	}
	dir, err := warehouse.CurrentDir(b.ws.MartsDir())
	if isNoBuild(err) {
		return
	}
	var current warehouse.Build
	if err == nil {
		current, err = warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName))
	}
	if err != nil {
		to <- prometheus.NewInvalidMetric(buildAsOf, err)
		return
	}
	gauge(buildAsOf, unix(current.AsOf))
	gauge(buildEnded, unix(current.StartedAt)+current.Seconds)
	gauge(buildSeconds, current.Seconds)
	gauge(buildChecks, float64(current.ChecksFailed))
}

// lastFailed looks at the build that ended last.
func (b buildFigures) lastFailed() (failed, known bool) {
	store, err := b.ws.OpenLake()
	if err != nil {
		return false, false
	}
	records, err := build.History(store)
	for i := len(records) - 1; i >= 0 && err == nil; i-- {
		record, err := warehouse.ReadBuild(records[i])
		if err == nil && record.Status != warehouse.Running {
			return record.Status != warehouse.Published, true
		}
	}
	return false, false
}

func unix(at time.Time) float64 { return float64(at.UnixMicro()) / 1e6 }

var jobsByState = prometheus.NewDesc("parley_jobs", "Jobs in the queue that are not completed, by River's states.", []string{"job", "state"}, nil)

// jobFigures counts the jobs each time it is asked.
type jobFigures struct{ queue *jobs.Queue }

// Describe names the figure.
func (j jobFigures) Describe(to chan<- *prometheus.Desc) { to <- jobsByState }

// Collect gives one figure for each kind of job and state there is.
func (j jobFigures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	states, err := j.queue.States(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(jobsByState, err)
		return
	}
	for _, state := range states {
		to <- prometheus.MustNewConstMetric(jobsByState, prometheus.GaugeValue, float64(state.Count), state.Job, state.State)
	}
}
