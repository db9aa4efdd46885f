-- One row per outage that parley.yaml declares and that had begun by as_of: the
-- contacts made while it lasted, beside those that are usual at that time. Usual is
-- the mean of the same local days of the week and hours one to four weeks before,
-- those left out that begin before the first contact's day or that another outage
-- falls into. People write after an outage too: those are not in it.
-- grain: outage
-- key: outage, from, to
-- order: from, to, outage
-- column outage: its name
-- column from: when it began
-- column to: when it ended, as declared: the instant itself is no longer in it
-- column contacts: made from its begin on and before its end, or by as_of
-- column usual_contacts: the mean of the weeks before; NULL if none can be held beside it
-- column usual_weeks: how many these are, 0 to 4
-- column outage_topic_contacts: of contacts those whose topic is outage/degradation
-- column is_partial: it had not ended at as_of; usual_contacts is then up to the same time of day
-- check contacts: not_null, range(0, )
-- check usual_contacts: range(0, )
-- check usual_weeks: not_null, range(0, 4)
with

spans as (

    select * from int_outages__compared

),

contacts as (

    select * from contacts

),

made as (

    select
        spans.outage,
        spans.started_at,
        spans.ended_at,
        spans.weeks_before,
        count(*) as contacts,
        count(*) filter (where lower(contacts.topic) = 'outage/degradation') as outage_topic_contacts
    from spans
    inner join contacts
        on contacts.contacted_at >= spans.from_at
        and contacts.contacted_at < spans.to_at
    group by spans.outage, spans.started_at, spans.ended_at, spans.weeks_before

),

final as (

    select
        spans.outage,
        spans.started_at as from,
        spans.ended_at as to,
        cast(coalesce(sum(case when spans.weeks_before = 0 then made.contacts end), 0) as bigint) as contacts,
        avg(case when spans.weeks_before > 0 then cast(coalesce(made.contacts, 0) as double) end) as usual_contacts,
        cast(count(*) filter (where spans.weeks_before > 0) as bigint) as usual_weeks,
        cast(coalesce(sum(case when spans.weeks_before = 0 then made.outage_topic_contacts end), 0) as bigint) as outage_topic_contacts,
        spans.is_partial
    from spans
    left join made
        on made.outage = spans.outage
        and made.started_at = spans.started_at
        and made.ended_at = spans.ended_at
        and made.weeks_before = spans.weeks_before
    group by spans.outage, spans.started_at, spans.ended_at, spans.is_partial

)

select * from final
