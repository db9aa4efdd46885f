package cli

import "github.com/spf13/cobra"

// modelsTopic is `parley help models`: how to write models, their checks and their cases.
func modelsTopic() *cobra.Command {
	return &cobra.Command{Use: "models", Short: "How to write a model, its checks and its cases", Long: modelsText}
}

const modelsText = `A MODEL is a file models/NAME.sql: comments that say what its rows are, then one SELECT. It becomes the mart NAME, beside
ours, by the next ` + "`parley build`" + `. NAME is in small letters, digits and _, and none of ours.

  -- One row per plan: contacts by the plan that the company has today.
  -- grain: plan
  -- key: plan
  -- order: contacts desc, plan
  -- column plan: the company's plan; 'none' where it has none
  -- column contacts: contacts of all time
  -- check contacts: not_null, range(1, )
  select coalesce(companies.plan, 'none') as plan, count(*) as contacts
  from contacts
  left join companies using (company_id)
  group by all

It may read every mart, every model of ours and of its own workspace, and every settled table and input: ` + "`parley docs`" + ` lists
all of them, with their columns. It reads no file and no clock: the instant of the build is settings.as_of, so that the same
records give the same rows. A model that fails keeps its last good rows and stops nothing else.

THE HEADER is the comment lines before the SELECT; each of these is optional, and all other lines are the description.

  -- grain: TEXT                what one row stands for
  -- key: a, b                  columns that are unique together: checked, and what rows are told by where a case differs
  -- order: a desc, b           how the rows of the mart's file are ordered, NULL last; for small marts
  -- column NAME: TEXT          what a column means
  -- check NAME: RULE, RULE     what must hold of a column:
       not_null                 no row has NULL there
       unique                   no two rows are equal there, a NULL left aside; of several columns: check a, b: unique
       accepted(open, closed)   one of these values, or NULL
       relation(users.user_id)  a value that is in that column of that table, or NULL
       range(0, 100)            within the bounds, both included, or NULL; leave one of them empty: range(0, )
       fresh(1 hour)            the newest value is not older than as_of less so long
     with ` + "`warn`" + ` behind a rule, a row that breaks it is told of and stops nothing: range(0, 100) warn

A CASE is an example worked out by hand, in a folder of its own; ` + "`parley test`" + ` runs it.

  models/tests/contacts_by_plan/two_plans/given/contacts.csv
  models/tests/contacts_by_plan/two_plans/given/companies.csv
  models/tests/contacts_by_plan/two_plans/want.csv

given/TABLE.csv holds rows of a table that the model reads: a mart or model, ours or your own, or a settled table or input,
which the models between are then computed from. What is not given has no rows. Columns have the types of the real table;
those left out are NULL. A custom attribute is written with its type: plan_seats:BIGINT (VARCHAR, DOUBLE, BOOLEAN, TIMESTAMPTZ).
want.csv holds the rows that have to come out, in any order, of the columns that you care for.

  CSV         a header line, commas, UTF-8; an empty field is NULL, "" is empty text, an empty line is no row
  times       ISO 8601: 2026-06-30T09:00:00Z, 2026-06-30 09:00+02:00, 2026-06-30; without a zone they are UTC
  doubles     are equal to nine digits, all else exactly
  settings    given/settings.csv, one row, any of: as_of (2026-07-01T00:00:00Z), timezone (UTC), week_starts (1, Monday)
  people      given/identity.csv (key_kind, key, person_id, and valid_from, valid_to where it moves); without it, user_id 7 is the person u:7, e-mail a@b.c is e:a@b.c
  checks      the model's header is checked too: a relation where the other table has rows, freshness never
  NOTE.md     or any other .md and .txt is for people: how the expectation was worked out

` + "`parley test --show MODEL/CASE`" + ` prints what comes out. A want.csv that was copied from there proves nothing: work it out first.
`
