package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
	"parley/sql/build"
	"parley/sql/segment"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// brokerConfig is where the workspace's records come in: its Kafka, or the
// broker inside the process.
func (a *app) brokerConfig(ws *workspace.Workspace) (broker.Config, error) {
	reach, err := ws.KafkaSecurity()
	return broker.Config{
		Brokers:     ws.Config.Kafka.Brokers,
		Security:    reach,
		Dir:         ws.State("broker"),
		TopicPrefix: ws.Config.Kafka.TopicPrefix,
		Logger:      a.log,
	}, err
}

// openLake opens the workspace and its lake.
func (a *app) openLake() (*workspace.Workspace, *lake.Lake, error) {
	ws, err := a.open()
	if err != nil {
		return nil, nil, err
	}
	store, err := ws.OpenLake()
	return ws, store, err
}

// withBroker opens the workspace and its broker, and does work with them: until
// it ends by itself, or is stopped, which is the good end of what has no other
// (once is false), and which waits for a Kafka that does not answer.
func (a *app) withBroker(ctx context.Context, once bool, work func(context.Context, *workspace.Workspace, *broker.Broker) error) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	config, err := a.brokerConfig(ws)
	if err != nil {
		return err
	}
	config.Wait = !once
	err = broker.Do(ctx, config, func(ctx context.Context, b *broker.Broker) error {
		if err := a.ensureTopics(ctx, b); err != nil {
			return err
		}
		return work(ctx, ws, b)
	})
	if !once && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// ensureTopics makes the topics that are missing, and says so where it is not a
// matter of course.
func (a *app) ensureTopics(ctx context.Context, b *broker.Broker) error {
	created, err := b.EnsureTopics(ctx)
	if len(created) > 0 && !b.Embedded() {
		a.say("created the topics %s", strings.Join(created, ", "))
	}
	return err
}

// buildConfig is one build of the workspace. What is wrong in a segment's file
// is returned beside it: it stops nothing else.
func (a *app) buildConfig(ws *workspace.Workspace, store *lake.Lake) (build.Config, error) {
	segments, faults := segment.Load(ws.Folder("segments"), filepath.Join(a.dir, "segments"))
	settings := build.Settings{
		Name:       ws.Config.Workspace.Name,
		Timezone:   ws.Config.Workspace.Timezone,
		WeekStarts: ws.Config.Workspace.WeekStarts,
		Bots:       ws.Config.Bots,
		Teams:      ws.Config.Teams,
		Topics:     ws.Config.Topics,
		Zones:      ws.Config.Reports.Zones,
		Geography:  geographyFile(ws),
		Enrichment: ws.Config.Enrichment,
		Keep:       ws.Config.Build.Keep,
		KeepFor:    ws.Config.Build.KeepFor.Value(),
		Freshness:  a.freshness(ws),

		OfficeHours: ws.OfficeHours(),
		Cover:       ws.Cover(),
		Staffing:    ws.Assumptions(),
	}
	for _, outage := range ws.Config.Outages {
		settings.Outages = append(settings.Outages, build.Outage{Name: outage.Name, From: outage.From.Value(), To: outage.To.Value()})
	}
	return build.Config{
		Lake:     store,
		Settings: settings,
		Models:   ws.Folder("models"),
		Segments: segments,
		Spark:    ws.Spark(),
		Now:      time.Now, // names the build and times it; what it sees is by AsOf
	}, faults
}

// geographyFile is the path of the workspace's database of places; "": it has none.
func geographyFile(ws *workspace.Workspace) string {
	file := ws.Config.Geography.File
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return ws.Path(file)
}

// freshness are the workspace's limits of how old the newest record of a kind may be.
func (a *app) freshness(ws *workspace.Workspace) []build.Freshness {
	var limits []build.Freshness
	for kind, text := range sorted(ws.Config.Build.Freshness) {
		limit, isError := text.Value()
		severity := transform.Warn
		if isError {
			severity = transform.Error
		}
		limits = append(limits, build.Freshness{
			Kind: record.Kind(kind), Limit: limit, Severity: severity, File: filepath.Join(a.dir, workspace.ConfigFile), Line: ws.FreshnessLine(kind),
		})
	}
	return limits
}

// reader opens the workspace's current build, within the engine's own limits.
func (a *app) reader(ctx context.Context, ws *workspace.Workspace) (*warehouse.Reader, error) {
	return openBuild(ctx, ws, warehouse.ReaderConfig{})
}

func openBuild(ctx context.Context, ws *workspace.Workspace, config warehouse.ReaderConfig) (*warehouse.Reader, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return nil, err
	}
	return build.Open(ctx, store, config)
}
