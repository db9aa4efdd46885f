package segment

import (
	"context"
	"fmt"
	"time"

	"parley/sql/filter"
)

// Engine runs SQL where the marts of the build are tables, `identity` beside them.
type Engine interface {
	Exec(ctx context.Context, query string, values ...any) error
}

// Previous names the Parquet files of the last successful run's three tables;
// none where there was no run.
type Previous struct{ Members, Changes, Runs []string }

// Config is one run of all segments.
type Config struct {
	Definitions []Definition
	Catalogue   filter.Catalogue
	At          filter.Moment
	RunID       string
	Previous    Previous
	// Literal writes a text as the engine's SQL literal: paths of Previous stand in it.
	Literal func(string) string
}

// Tables are the tables that Run makes, which the build publishes as marts; see Meanings.
var Tables = []string{"segment_members", "segment_changes", "segment_runs"}

// Run asks for the people of each segment and makes the three tables, from the
// last run's and today's people:
//
//   - Entered: not a member in the last run of the same definition, a member in this one.
//   - The first run of a definition is a baseline: it enters nobody. While there
//     are no people at all there is no first run yet: whoever begins with an empty
//     lake and then brings in a history has not had everybody enter.
//   - A run as of an earlier instant than the last one changes nothing.
//   - Two people who turned out to be one are no entry and no leave.
//
// A segment whose definition is wrong, or whose query fails, stays as its last
// run left it and stops no other: faults says why. Those that Load has told of
// are not told again. After an error there are no tables to publish.
func Run(ctx context.Context, engine Engine, config Config) (faults []error, err error) {
	for _, statement := range []string{
		"create or replace temp table before_members (segment varchar, person_id varchar, user_id varchar, entered_at timestamptz, definition varchar)",
		"create or replace temp table before_changes (segment varchar, person_id varchar, user_id varchar, change varchar, changed_at timestamptz, definition varchar, run_id varchar)",
		"create or replace temp table before_runs (segment varchar, definition varchar, run_id varchar, as_of timestamptz, members bigint)",
		"create or replace temp table today (segment varchar, definition varchar, person_id varchar)",
		"create or replace temp table plan (segment varchar, definition varchar, mode varchar)",
	} {
		if err := engine.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("prepare segments: %w", err)
		}
	}
	for table, files := range map[string][]string{
		"before_members": config.Previous.Members, "before_changes": config.Previous.Changes, "before_runs": config.Previous.Runs,
	} {
		for _, file := range files {
			if err := engine.Exec(ctx, "insert into "+table+" by name select * from read_parquet("+config.Literal(file)+")"); err != nil {
				return nil, fmt.Errorf("read the last run of segments from %s: %w; who has entered which segment is known from there alone: put the file back from a copy", file, err)
			}
		}
	}
	for _, definition := range config.Definitions {
		fault, err := ask(ctx, engine, config, definition)
		if err != nil {
			return nil, fmt.Errorf("plan segment %s: %w", definition.Name, err)
		}
		if fault != nil && definition.fault == nil {
			faults = append(faults, fault)
		}
	}
	return faults, advance(ctx, engine, config)
}

// ask finds who is in a segment today and how it goes on from its last run.
func ask(ctx context.Context, engine Engine, config Config, definition Definition) (fault, err error) {
	query, values, fault := definition.Query(config.Catalogue, config.At)
	if fault == nil {
		insert := "insert into today select distinct cast(? as varchar), cast(? as varchar), cast(person_id as varchar) from (" + query + "\n) as people where person_id is not null"
		if failed := engine.Exec(ctx, insert, append([]any{definition.Name, definition.Hash()}, values...)...); failed != nil {
			fault = definition.Errorf("%w", failed)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if fault != nil {
		return fault, engine.Exec(ctx, carryQuery, definition.Name)
	}
	return nil, engine.Exec(ctx, planQuery, definition.Name, definition.Hash(), instant(config.At.AsOf), definition.Name, definition.Hash())
}

func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999Z") }

// advance makes the tables of this run of those of the last one and today's people.
func advance(ctx context.Context, engine Engine, config Config) error {
	asOf := instant(config.At.AsOf)
	for _, step := range []struct {
		query  string
		values []any
	}{
		{knownQuery, nil},
		{membersQuery, []any{asOf}},
		{changesQuery, []any{asOf, config.RunID, asOf, config.RunID}},
		{runsQuery, []any{config.RunID, asOf}},
	} {
		if err := engine.Exec(ctx, step.query, step.values...); err != nil {
			return fmt.Errorf("advance segments: %w", err)
		}
	}
	return nil
}

const (
	// How each segment goes on from its last run: baseline, diff or carry.
	planQuery = `
insert into plan
select
    cast(? as varchar),
    cast(? as varchar),
    coalesce(max(case when before_runs.as_of > cast(? as timestamptz) then 'carry' else 'diff' end), 'baseline')
from before_runs
where before_runs.segment = ? and before_runs.definition = ?
having count(*) > 0 or exists (select 1 from users)`

	// A segment that cannot be asked for stays as it was, if it was.
	carryQuery = `insert into plan select segment, definition, 'carry' from before_runs where segment = ?`

	// The last run's members by the person they are today.
	knownQuery = `
create or replace temp table known_members as
select
    before_members.segment,
    before_members.definition,
    coalesce(identity.person_id, before_members.person_id) as person_id,
    min(before_members.entered_at) as entered_at
from before_members
left join identity
    on identity.key = substr(before_members.person_id, 3)
    and identity.valid_to is null
    and identity.key_kind = case left(before_members.person_id, 2)
        when 'u:' then 'user_id' when 'e:' then 'email' when 's:' then 'source_id' when 'a:' then 'anonymous_id' end
group by all`

	membersQuery = `
create or replace table segment_members as
with
advanced as (
    select
        today.segment, today.person_id, users.user_id,
        coalesce(known_members.entered_at, cast(? as timestamptz)) as entered_at,
        today.definition
    from today
    join plan on plan.segment = today.segment and plan.mode <> 'carry'
    left join known_members
        on known_members.segment = today.segment
        and known_members.definition = today.definition
        and known_members.person_id = today.person_id
    left join users on users.person_id = today.person_id
),
carried as (
    select before_members.segment, before_members.person_id, before_members.user_id, before_members.entered_at, before_members.definition
    from before_members
    join plan on plan.segment = before_members.segment and plan.definition = before_members.definition and plan.mode = 'carry'
)
select * from advanced
union all
select * from carried
order by all`

	changesQuery = `
create or replace table segment_changes as
with
came as (
    select
        today.segment, today.person_id, users.user_id,
        case when plan.mode = 'baseline' then 'baseline' else 'entered' end as change,
        cast(? as timestamptz) as changed_at, today.definition, cast(? as varchar) as run_id
    from today
    join plan on plan.segment = today.segment and plan.mode <> 'carry'
    left join users on users.person_id = today.person_id
    where not exists (
        select 1 from known_members
        where known_members.segment = today.segment
            and known_members.definition = today.definition
            and known_members.person_id = today.person_id
    )
),
went as (
    select
        known_members.segment, known_members.person_id, users.user_id,
        'left' as change, cast(? as timestamptz) as changed_at, known_members.definition, cast(? as varchar) as run_id
    from known_members
    join plan on plan.segment = known_members.segment and plan.definition = known_members.definition and plan.mode = 'diff'
    left join users on users.person_id = known_members.person_id
    where not exists (
        select 1 from today
        where today.segment = known_members.segment and today.person_id = known_members.person_id
    )
)
select * from before_changes
union all
select * from came
union all
select * from went
order by changed_at, segment, change, person_id`

	runsQuery = `
create or replace table segment_runs as
with
members as (select segment, count(*) as members from segment_members group by all)
select
    plan.segment, plan.definition,
    case when plan.mode = 'carry' then before_runs.run_id else cast(? as varchar) end as run_id,
    case when plan.mode = 'carry' then before_runs.as_of else cast(? as timestamptz) end as as_of,
    coalesce(members.members, 0) as members
from plan
left join before_runs on before_runs.segment = plan.segment and before_runs.definition = plan.definition
left join members on members.segment = plan.segment
order by plan.segment`
)
