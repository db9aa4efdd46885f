-- One row per UTC date and key by which events of that date name somebody. It
-- holds no person: whose a key is may turn out later, and for dates long past.
-- grain: date, key
-- key: occurred_on, key_kind, key
-- incremental: date(occurred_on) of settled_events
-- column first_at: first event of the date
-- column last_at: last event of the date
select
    local_date(stg_events.occurred_at, 'UTC') as occurred_on,
    stg_events.key_kind,
    stg_events.key,
    cast(count(*) as bigint) as events,
    min(stg_events.occurred_at) as first_at,
    max(stg_events.occurred_at) as last_at
from stg_events
group by 1, 2, 3
