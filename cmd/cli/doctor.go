package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/jobs"
	"parley/jobs/delivery/smtp"
	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/sql/build"
	"parley/sql/geography"
	"parley/sql/segment"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
	"parley/sql/warehouse/spark"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look whether everything that the workspace needs is there and well",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.examine(cmd.Context()) },
	}
}

// errNotYet is a part that will be there once something is done.
var errNotYet = errors.New("run parley report")

// examine looks at each part by itself: one that is ill hides no other.
func (a *app) examine(ctx context.Context) error {
	ws, err := a.open()
	if err != nil {
		return err
	}
	r := output.Rows{Columns: []string{"part", "is", "finding"}}
	ill := 0
	for _, part := range []struct {
		name string
		look func(context.Context, *workspace.Workspace) (string, error)
	}{
		{"parley.yaml", func(context.Context, *workspace.Workspace) (string, error) { return "read, without a fault", nil }},
		{"kafka", a.examineKafka},
		{"lake", examineLake},
		{"settled", examineSettled},
		{"engine", examineEngine},
		{"queue", examineQueue},
		{"models", a.examineModels},
		{"segments", a.examineSegments},
		{"messages", a.examineMessages},
		{"e-mail", examineMail},
		{"build", a.examineBuild},
		{"sources", a.examineSources},
		{"geography", examineGeography},
		{"reports", examineReports},
	} {
		finding, err := part.look(ctx, ws)
		state := "well"
		switch {
		case errors.Is(err, errNotYet) || isNoBuild(err):
			state, finding = "not yet", err.Error()
		case err != nil:
			state, finding = "ILL", err.Error()
			ill++
		}
		r.Rows = append(r.Rows, []any{part.name, state, finding})
	}
	if err := a.print(r); err != nil {
		return err
	}
	if ill > 0 {
		return fmt.Errorf("%d of %d parts are ill; the findings say what to do", ill, len(r.Rows))
	}
	return nil
}

// examineMail calls the mail server, if there is one.
func examineMail(ctx context.Context, ws *workspace.Workspace) (string, error) {
	way, err := wayOfSending(ws)
	if err != nil {
		return "", err
	}
	server, ok := way.(*smtp.Mailer)
	if !ok {
		return "messages are .eml files in " + ws.Path("outbox") + "; email.smtp of parley.yaml names a mail server", nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := server.Check(ctx); err != nil {
		return "", err
	}
	return "the mail server takes messages from us (" + ws.Config.Email.SMTP + ")", nil
}

// examineGeography opens the database of places.
func examineGeography(_ context.Context, ws *workspace.Workspace) (string, error) {
	path := geographyFile(ws)
	if path == "" {
		return "no database: cities, countries and time zones are those that records say; for those of addresses " + geography.HowToGet, nil
	}
	database, err := geography.Open(path)
	if err != nil {
		return "", err
	}
	return database.Version() + " is read", database.Close()
}

func (a *app) examineKafka(ctx context.Context, ws *workspace.Workspace) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	config, err := a.brokerConfig(ws)
	if err != nil {
		return "", err
	}
	b, err := broker.Open(ctx, config)
	if err != nil {
		return "", err
	}
	defer b.Close()
	switch {
	case b.Owner():
		return "the embedded broker starts; no other command has it open", nil
	case b.Embedded():
		return fmt.Sprintf("the embedded broker runs in another command, at %s", strings.Join(b.Addrs(), ", ")), nil
	}
	return fmt.Sprintf("answers at %s (%v)", strings.Join(b.Addrs(), ", "), b.Security()), nil
}

func examineLake(ctx context.Context, ws *workspace.Workspace) (string, error) {
	if err := os.MkdirAll(ws.LakeDir(), 0o755); err != nil {
		return "", err
	}
	probe := filepath.Join(ws.LakeDir(), ".doctor")
	if err := lake.ReplaceFile(probe, []byte("can be written\n")); err != nil {
		return "", fmt.Errorf("the lake cannot be written: %w", err)
	}
	if err := os.Remove(probe); err != nil {
		return "", err
	}
	store, err := ws.OpenLake()
	if err != nil {
		return "", err
	}
	if err := store.Check(); err != nil {
		return "", err
	}
	done, err := store.Verify(ctx, lake.VerifyConfig{})
	switch {
	case err != nil:
		return "", err
	case done.FaultCount > 0:
		return "", fmt.Errorf("%s; `parley lake verify` names them", plural(done.FaultCount, "fault", "faults"))
	}
	return fmt.Sprintf("%s and %s have landed, every file that the log lists is there",
		plural(done.Rows, "record", "records"), plural(done.Dead, "dead letter", "dead letters")), nil
}

// examineEngine asks a Spark for its version, and has it write where builds lie.
func examineEngine(ctx context.Context, ws *workspace.Workspace) (finding string, err error) {
	if ws.Spark() == "" {
		return "DuckDB, in the process", nil
	}
	// A Spark that was just started, or has much to do, takes its time.
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("the Spark at %s has not answered and written a row within %s; see whether it is busy or stuck", ws.Spark(), transform.DurationText(patience))
		}
	}()
	session, err := spark.Open(ctx, ws.Spark())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	version, err := session.Version(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(ws.LakeDir(), 0o755); err != nil {
		return "", err
	}
	probe, err := os.MkdirTemp(ws.LakeDir(), ".doctor-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(probe)) }()
	if _, err := session.WriteFiles(ctx, "select 1 as probe", filepath.Join(probe, "probe.parquet")); err != nil {
		return "", err
	}
	return fmt.Sprintf("Spark %s answers at %s and writes to the lake", version, ws.Spark()), nil
}

// examineSettled looks for landed files that settling had to leave out.
func examineSettled(_ context.Context, ws *workspace.Workspace) (string, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return "", err
	}
	m, err := settle.Current(store)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "nothing is settled yet; parley build does it", nil
	case err != nil:
		return "", err
	case len(m.SetAside) > 0:
		return "", fmt.Errorf("%s set aside, `parley lake status` names all; %s: %s",
			plural(int64(len(m.SetAside)), "landed file is", "landed files are"), m.SetAside[0].Path, m.SetAside[0].Reason)
	case m.MadeAgain != "":
		return fmt.Sprintf("version %d, made again from all that landed: %s", m.Version, m.MadeAgain), nil
	}
	return fmt.Sprintf("version %d, of every file that had landed", m.Version), nil
}

func examineQueue(ctx context.Context, ws *workspace.Workspace) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return jobs.Check(ctx, jobs.Config{QueueURL: ws.QueueURL(), Dir: ws.Dir})
}

// examineSegments reads them, and where there is a build asks it for their people:
// some faults, as days in place of a date, only the marts tell.
func (a *app) examineSegments(ctx context.Context, ws *workspace.Workspace) (string, error) {
	definitions, err := segment.Load(ws.Folder("segments"), filepath.Join(a.dir, "segments"))
	finding := fmt.Sprintf("%d read", len(definitions))
	if err != nil || len(definitions) == 0 {
		return finding, err
	}
	reader, err := a.reader(ctx, ws)
	if isNoBuild(err) {
		return finding, nil
	}
	if err != nil {
		return "", err
	}
	defer reader.Close()
	var faults []error
	for _, definition := range definitions {
		if _, err := peopleIn(ctx, ws, reader, definition); err != nil {
			faults = append(faults, err)
		}
	}
	return finding + ", and the marts can tell who is in them", errors.Join(faults...)
}

// examineModels loads the workspace's own models. Columns that they ask for in
// vain are told once there is a build: custom attributes are known from then on.
func (a *app) examineModels(ctx context.Context, ws *workspace.Workspace) (string, error) {
	var built build.Asker
	reader, err := a.reader(ctx, ws)
	switch {
	case err == nil:
		defer reader.Close()
		built = reader
	case !isNoBuild(err):
		return "", err
	}
	graph, shapes, err := build.Graph(ctx, ws.Folder("models"), filepath.ToSlash(filepath.Join(a.dir, "models")), built)
	if err != nil {
		return "", err
	}
	var faults []error
	for _, fault := range graph.Faults {
		faults = append(faults, fault)
	}
	own := 0
	for _, m := range graph.Models {
		if m.Own {
			own++
		}
		if fault := shapes.Faults[m.Name]; fault != nil && built != nil {
			faults = append(faults, fault)
		}
	}
	return fmt.Sprintf("%d of the workspace's own read", own), errors.Join(faults...)
}

func (a *app) examineMessages(ctx context.Context, ws *workspace.Workspace) (string, error) {
	messages, err := a.messages(ctx, ws, nil)
	return fmt.Sprintf("%d read", len(messages)), err
}

// examineBuild says of builds what the pages say of them: whether they are late or failing.
func (a *app) examineBuild(_ context.Context, ws *workspace.Workspace) (string, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return "", err
	}
	records, err := build.Recent(store, 1)
	if err != nil {
		return "", err
	}
	if err := build.StandingOf(records, ws.BuildEvery()).Fault(time.Now()); err != nil {
		return "", err
	}
	dir, err := warehouse.CurrentDir(ws.MartsDir())
	if err != nil {
		return "", err
	}
	current, err := warehouse.ReadBuild(filepath.Join(dir, warehouse.RecordName))
	return fmt.Sprintf("%s, as of %s, is current", current.ID, formatTime(current.AsOf)), err
}

// examineSources looks how old the newest record of each kind is that has a limit.
func (a *app) examineSources(ctx context.Context, ws *workspace.Workspace) (string, error) {
	limits := a.freshness(ws)
	if len(limits) == 0 {
		return "no limits of age are set (build.freshness in parley.yaml)", nil
	}
	store, err := ws.OpenLake()
	if err != nil {
		return "", err
	}
	sources, err := build.Sources(ctx, store)
	if err != nil {
		return "", err
	}
	var faults []string
	for _, limit := range limits {
		if found := limit.Found(sources[string(limit.Kind)], ws.Now()); found != "" {
			faults = append(faults, found)
		}
	}
	if len(faults) > 0 {
		return "", errors.New(strings.Join(faults, "; ") + "; see that what sends them runs")
	}
	return plural(int64(len(limits)), "kind of record is", "kinds of record are") + " as fresh as build.freshness asks", nil
}

func examineReports(_ context.Context, ws *workspace.Workspace) (string, error) {
	page := ws.Path("reports", "latest", "index.html")
	if _, err := os.Stat(page); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("none drawn yet; %w", errNotYet)
	} else if err != nil {
		return "", err
	}
	return page, nil
}
