package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/pipelines/lake"
)

// Check looks whether the queue can be opened, changes nothing in it, and says
// in a few words what it found.
func Check(ctx context.Context, cfg Config) (finding string, err error) {
	url, err := parseURL(cfg.QueueURL, cfg.Dir)
	if err != nil {
		return "", err
	}
	if url.file == "" {
		conn, err := pgx.Connect(ctx, url.postgres)
		if err != nil {
			return "", fmt.Errorf("open the queue %s: %w", url, unreachable(err))
		}
		defer conn.Close(ctx)
		return "PostgreSQL answers", conn.Ping(ctx)
	}
	release, err := lake.Lock(url.file + ".lock")
	var locked *lake.LockedError
	if errors.As(err, &locked) {
		return fmt.Sprintf("the SQLite file is held by %s", locked.Holder), nil
	}
	if err != nil {
		return "", err
	}
	release()
	return "the SQLite file is free", nil
}

// unreachable makes one line, with a remedy, of a database that does not answer.
func unreachable(err error) error {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return err
	}
	reason := strings.Join(strings.Fields(connect.Unwrap().Error()), " ")
	return fmt.Errorf("the database cannot be reached: %s; start it, or mend queue.url in parley.yaml", reason)
}
