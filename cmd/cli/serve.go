package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"parley/cmd/server"
	"parley/cmd/workspace"
	"parley/sql/warehouse"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reports, and SQL over HTTP, until stopped",
		Long: `Serve the reports in the browser, /people/ and /companies/ with all that is known of one, POST /v1/sql ({"query": …, "values": […]}) for programs, and /metrics for Prometheus.
SQL is answered as JSON, or by Accept as text/csv, application/vnd.apache.arrow.stream or application/vnd.apache.parquet.
On this machine the pages are open; beyond it, and for SQL, the token is asked for:
PARLEY_TOKEN, or the one kept in .parley/token.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ws, err := a.open()
			if err != nil {
				return err
			}
			a.figures = newFigures()
			return a.serve(cmd.Context(), ws, listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on (default: serve.listen, 127.0.0.1:8780)")
	return cmd
}

func (a *app) serve(ctx context.Context, ws *workspace.Workspace, listen string) error {
	s, err := a.listen(ctx, ws, listen)
	if err != nil {
		return err
	}
	return s.Serve(ctx)
}

// listen takes the address, and says it on standard output.
func (a *app) listen(ctx context.Context, ws *workspace.Workspace, listen string) (*server.Server, error) {
	asked := listen != ""
	if !asked {
		listen = ws.Config.Serve.Listen
	}
	if err := a.figures.showBuilds(ws); err != nil {
		return nil, err
	}
	token, err := server.Token(ws.State("token"))
	if err != nil {
		return nil, err
	}
	s, err := server.New(ctx, server.Config{
		Listen: listen, Reports: ws.Path("reports"), Token: token, Metrics: a.figures.registry, Logger: a.log,
		Open: func(ctx context.Context) (*warehouse.Reader, error) {
			config := queryLimits(ws)
			config.Engine.MemoryLimit = cmp.Or(config.Engine.MemoryLimit, "1GB")
			return openBuild(ctx, ws, config)
		},
	})
	switch {
	case err != nil && asked:
		return nil, asUsage(err)
	case err != nil:
		return nil, err
	}
	fmt.Fprintln(a.stdout, s.URL())
	if s.Everywhere() {
		a.say("it listens at every address of this machine; from elsewhere, put the machine's name in place of 127.0.0.1")
	}
	return s, nil
}

// asUsage makes an address that a flag gives and that is none a command called wrongly.
func asUsage(err error) error {
	var address *server.AddressError
	if errors.As(err, &address) {
		return usageError{err}
	}
	return err
}
