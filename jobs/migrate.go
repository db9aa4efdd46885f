package jobs

import (
	"context"
	"fmt"
)

// migrations bring the ledger's tables from one version to the next, in SQL
// that SQLite and PostgreSQL share. What stands here is never changed: what is
// to be different is a further version. Times are UTC text that sorts (see stamp).
var migrations = [][]string{
	{
		// One row per message, person and entry: what is to be sent, or was.
		`CREATE TABLE parley_deliveries (
			delivery_id text PRIMARY KEY,           -- delivery.ID of the three
			message text NOT NULL,
			person_id text NOT NULL,
			entry text NOT NULL,                    -- 'once', or the time of the entry
			segment text NOT NULL,
			definition text NOT NULL,               -- hash of the segment's definition
			run_id text NOT NULL,                   -- the build that saw the entry
			entered_at text NOT NULL,
			announced_at text NOT NULL,
			user_id text NOT NULL,
			person text NOT NULL,                   -- JSON as announced; '' once decided, for nobody needs it any more
			decision text NOT NULL DEFAULT '',      -- the latest; '': none yet
			UNIQUE (message, person_id, entry)
		)`,
		// One row per decision about a delivery.
		`CREATE TABLE parley_decisions (
			decision_id text PRIMARY KEY,           -- delivery.DecisionID
			delivery_id text NOT NULL REFERENCES parley_deliveries (delivery_id),
			decision text NOT NULL,
			reason text NOT NULL,
			email text NOT NULL,
			channel text NOT NULL,
			subject text NOT NULL,
			decided_at text NOT NULL,
			sent_at text NOT NULL,                  -- '': not sent
			reported_at text NOT NULL DEFAULT ''    -- '': not yet
		)`,
		`CREATE INDEX parley_decisions_unreported ON parley_decisions (decided_at) WHERE reported_at = ''`,
		`CREATE INDEX parley_decisions_of_delivery ON parley_decisions (delivery_id)`,
		// One row per message that is announced: since when.
		`CREATE TABLE parley_messages (
			message text PRIMARY KEY,
			segment text NOT NULL,
			starts_at text NOT NULL
		)`,
	},
	{
		// One row per envelope that is being handed over, or was, by a way that cannot tell afterwards.
		`CREATE TABLE parley_handovers (
			delivery_id text PRIMARY KEY,
			begun_at text NOT NULL,
			sent_at text NOT NULL DEFAULT ''        -- '': not known
		)`,
		// One row per report, week and recipient: what is to be sent, or was.
		`CREATE TABLE parley_report_letters (
			report text NOT NULL,
			week text NOT NULL,                     -- its first local day
			recipient text NOT NULL,                -- address
			build_id text NOT NULL,                 -- the build that it was first to be sent of
			announced_at text NOT NULL,
			decision text NOT NULL DEFAULT '',      -- '': none yet
			reason text NOT NULL DEFAULT '',
			decided_at text NOT NULL DEFAULT '',
			sent_at text NOT NULL DEFAULT '',       -- '': not sent
			PRIMARY KEY (report, week, recipient)
		)`,
	},
}

func migrate[Tx any](ctx context.Context, e *engine[Tx]) error {
	if _, err := e.exec(ctx, `CREATE TABLE IF NOT EXISTS parley_migrations (version bigint PRIMARY KEY)`); err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	version, _, err := single[int](ctx, e, `SELECT coalesce(max(version), 0) FROM parley_migrations`)
	if err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	if version > len(migrations) {
		return fmt.Errorf("the ledger is of version %d, and this Parley knows up to %d; use a newer Parley", version, len(migrations))
	}
	for next := version; next < len(migrations); next++ {
		err := e.begin(ctx, func(_ Tx, s session) error {
			for _, statement := range migrations[next] {
				if _, err := s.exec(ctx, statement); err != nil {
					return err
				}
			}
			_, err := s.exec(ctx, `INSERT INTO parley_migrations (version) VALUES ($1)`, next+1)
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate the ledger to version %d: %w", next+1, err)
		}
	}
	return nil
}
