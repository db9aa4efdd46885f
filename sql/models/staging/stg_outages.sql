-- One row per outage that had begun by as_of.
-- grain: outage
select
    outages.outage,
    outages.started_at,
    outages.ended_at,
    outages.ended_at > settings.as_of as is_partial,
    least(outages.ended_at, settings.as_of) as seen_until
from outages
cross join settings
where outages.started_at <= settings.as_of
