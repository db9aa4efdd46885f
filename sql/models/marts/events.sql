-- One row per event that had happened by as_of. Page views are events too. The
-- person is whoever the event's key belongs to, by all that is known today, on the
-- event's day: what somebody did before signing up is theirs.
-- grain: event
-- key: event_id
-- column event_id: the record's id, else a hash of its content
-- column event_name: as sent; page_view makes sessions
-- column person_id: the person whom the event's key belongs to
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column company_id: the company that the event names, if it names one
-- column occurred_at: when it happened, by the record
-- column url: the page
-- column referrer: the page before
-- column utm_source: traffic source, as sent
-- column utm_medium: as sent
-- column utm_campaign: as sent
-- column utm_term: as sent
-- column utm_content: as sent
-- column ip: address it came from, as sent
-- column metadata: JSON object, as sent
-- incremental: date(occurred_at) of settled_events
-- touched by int_person_keys__resolved: select occurred_on from int_event_keys__daily semi join changed using (key_kind, key)
-- touched by int_company_keys__resolved: select cast(stg_events.occurred_at as date)
--     from stg_events semi join changed on changed.source_id = stg_events.sent_company_id
-- check person_id: not_null
-- check event_name: not_null
-- check occurred_at: not_null
with

events as (

    select * from stg_events

),

keys as (

    select * from int_person_keys__resolved

),

companies as (

    select * from int_company_keys__resolved

),

final as (

    select
        events.event_id,
        events.event_name,
        coalesce(keys.person_id, substring(events.key_kind, 1, 1) || ':' || events.key) as person_id,
        keys.user_id,
        coalesce(companies.company_id, events.sent_company_id) as company_id,
        events.occurred_at,
        events.url,
        events.referrer,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.utm_term,
        events.utm_content,
        events.ip,
        events.metadata
    from events
    left join keys
        on keys.key_kind = events.key_kind
        and keys.key = events.key
        and events.occurred_at >= keys.valid_from
        and events.occurred_at < keys.valid_to
    left join companies
        on companies.source_id = events.sent_company_id

)

select * from final
