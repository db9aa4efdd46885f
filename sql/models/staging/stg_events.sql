-- One row per event that had happened by as_of, as it was settled.
-- grain: event
-- key: event_id
-- check event_name: not_null
-- check occurred_at: not_null
select
    settled_events.event_id,
    settled_events.key_kind,
    settled_events.key,
    coalesce(stg_company_keys.company_id, nullif(settled_events.company_id, '')) as company_id,
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
left join stg_company_keys on stg_company_keys.source_id = settled_events.company_id
where settled_events.occurred_at <= settings.as_of
