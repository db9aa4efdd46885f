-- One row per event that had happened by as_of, as it was settled.
-- grain: event
-- column sent_company_id: as the record names it, maybe by the sending system's own id
select
    settled_events.event_id,
    settled_events.key_kind,
    settled_events.key,
    nullif(settled_events.company_id, '') as sent_company_id,
    settled_events.event_name,
    nullif(settled_events.url, '') as url,
    nullif(settled_events.referrer, '') as referrer,
    nullif(settled_events.utm_source, '') as utm_source,
    nullif(settled_events.utm_medium, '') as utm_medium,
    nullif(settled_events.utm_campaign, '') as utm_campaign,
    nullif(settled_events.utm_term, '') as utm_term,
    nullif(settled_events.utm_content, '') as utm_content,
    nullif(settled_events.ip, '') as ip,
    nullif(settled_events.metadata, '') as metadata,
    settled_events.occurred_at
from settled_events
cross join settings
where settled_events.occurred_at <= settings.as_of
