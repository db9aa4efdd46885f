-- One row per person who had an event by as_of.
-- grain: person
-- key: person_id
select
    events.person_id,
    cast(count(*) as bigint) as events,
    min(events.occurred_at) as first_event_at,
    max(events.occurred_at) as last_event_at
from events
group by events.person_id
