package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/cmd/output"
	"parley/cmd/workspace"
	"parley/pipelines/lake"
	"parley/reports"
	"parley/sql/build"
	"parley/sql/warehouse"
)

func (a *app) reportCommand() *cobra.Command {
	var send bool
	var zones []string
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "Draw the reports of the current build, or send the weekly one",
		Long: `Draw the reports of the current build into reports/DATE/; reports/latest is the newest. Every page opens by double click.
With NAME, as weekly or contacts-by-hour, that page alone is named.

parley report contacts-by-hour --zone Australia/Brisbane has that zone too, and seen first, until reports are drawn again;
reports.zones of parley.yaml has its zones always.

parley report weekly --send sends the weekly report by e-mail to reports.recipients of parley.yaml: once for each week and
recipient, however often it is asked. parley run and parley work send it by themselves once the week is over. Where the newest
build failed, a note that says so is sent in its place; the report follows when a build's checks hold.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if send {
				if len(args) != 1 || args[0] != "weekly" {
					return usagef("only the weekly report is sent; write parley report weekly --send")
				}
				return a.withBroker(cmd.Context(), true, a.sendWeekly)
			}
			if len(zones) > 0 && (len(args) != 1 || args[0] != "contacts-by-hour") {
				return usagef("only contacts by hour are read by another clock; write parley report contacts-by-hour --zone %s", zones[0])
			}
			for _, zone := range zones {
				if err := workspace.CheckZone(zone); err != nil {
					return usageError{err}
				}
			}
			ws, err := a.open()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				if err := reports.Knows(args[0]); err != nil {
					return usageError{err}
				}
			}
			written, err := a.draw(cmd.Context(), ws, zones...)
			if err != nil {
				return err
			}
			r := output.Rows{Columns: []string{"report", "file"}}
			for _, page := range written.Pages {
				if len(args) == 0 || args[0]+".html" == page.File {
					r.Rows = append(r.Rows, []any{page.Title, filepath.Join(written.Dir, page.File)})
				}
			}
			return a.print(r)
		},
	}
	cmd.Flags().BoolVar(&send, "send", false, "send the weekly report by e-mail to reports.recipients")
	cmd.Flags().StringSliceVar(&zones, "zone", nil, "read contacts by hour by the clock of this zone too, as Australia/Brisbane")
	return cmd
}

// draw draws the reports of the current build, contacts by hour for further zones too.
func (a *app) draw(ctx context.Context, ws *workspace.Workspace, zones ...string) (reports.Written, error) {
	store, err := ws.OpenLake()
	if err != nil {
		return reports.Written{}, err
	}
	reader, err := a.reader(ctx, ws)
	if err != nil {
		return reports.Written{}, err
	}
	defer reader.Close()
	config := drawing(ws, reader)
	config.Dir, config.History, config.Zones = ws.Path("reports"), historyOf(ws, store), zones
	if _, err := os.Stat(ws.Path("reports", "docs", "index.html")); err != nil {
		return reports.Write(ctx, config)
	}
	// Whoever has drawn the catalogue once has it of each build.
	config.Catalogue = "../docs/index.html"
	written, err := reports.Write(ctx, config)
	if err != nil {
		return written, err
	}
	gathered, err := a.gather(ctx, ws)
	if err == nil {
		_, err = a.writeCatalogue(ctx, ws, gathered, "")
	}
	if err != nil {
		a.say("the catalogue is not drawn anew: %v", err)
	}
	return written, nil
}

// drawing is how what is known of a build is drawn, on pages and in letters.
func drawing(ws *workspace.Workspace, reader *warehouse.Reader) reports.Config {
	return reports.Config{
		Query: reader.Query, Build: reader.Build(), Happenings: happenings(ws), ConversationURL: ws.Config.Reports.ConversationURL,
	}
}

// happenings are the workspace's launches and outages, to be drawn on charts.
func happenings(ws *workspace.Workspace) []reports.Happening {
	var list []reports.Happening
	for _, outage := range ws.Config.Outages {
		list = append(list, reports.Happening{Name: outage.Name, At: outage.From.Value(), To: outage.To.Value()})
	}
	for _, event := range ws.Config.Reports.Events {
		list = append(list, reports.Happening{Name: event.Name, At: event.At.Value()})
	}
	return list
}

// historyOf reads what the reports tell of builds.
func historyOf(ws *workspace.Workspace, store *lake.Lake) func() (reports.History, error) {
	return func() (reports.History, error) {
		records, err := build.Recent(store, reports.BuildsShown)
		return reports.History{Records: records, Every: ws.BuildEvery()}, err
	}
}

// showAttempt lets the reports that are there tell of a build that has ended, of
// one that failed too. Another drawing is waited for, but not for long.
func (a *app) showAttempt(ctx context.Context, ws *workspace.Workspace, store *lake.Lake) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return reports.WriteBuilds(ctx, reports.BuildsConfig{
		Dir: ws.Path("reports"), Workspace: ws.Config.Workspace.Name, Zone: ws.Location(), WeekStarts: ws.WeekStarts(), History: historyOf(ws, store),
	})
}
