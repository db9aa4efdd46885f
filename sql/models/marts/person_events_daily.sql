-- One row per UTC date, person and name of event: how often, first and last time.
-- Any window of whole dates is a sum over few rows; to the second it is in events.
-- grain: date, person, event name
-- key: occurred_on, person_id, event_name
-- incremental: date(occurred_on) of events
-- column occurred_on: the UTC date
-- column person_id: who
-- column user_id: of the person; NULL for leads, visitors and the deleted
-- column event_name: as sent; page_view is one
-- column events: how many
-- column first_at: the first on that date
-- column last_at: the last on that date
-- check events: not_null, range(1, )
select
    local_date(occurred_at, 'UTC') as occurred_on,
    person_id,
    user_id,
    event_name,
    cast(count(*) as bigint) as events,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from events
group by 1, 2, 3, 4
