-- One row per person: users, leads, and those known only by an e-mail address or
-- a cookie. Deleted people are not in it. For each attribute the newest value at
-- as_of, by the record's own time. After the named columns come the workspace's
-- custom attributes, each with its own type.
-- Relationship measures personal contact: for each direction 50 less 5 for every
-- 30 days since the last message, not below 0; 0 where there was none. Sent to them
-- counts what teammates wrote by hand; received from them their contact messages.
-- grain: person
-- key: person_id
-- incremental: person_id
-- touched by settings: select int_people__described.person_id
--     from int_people__described cross join moments
--     where int_people__described.signed_up_at > moments.low and int_people__described.signed_up_at <= moments.high
--         or int_people__described.sent_last_seen_at > moments.low and int_people__described.sent_last_seen_at <= moments.high
--     union all
--     select int_people__contacted.person_id
--     from int_people__contacted cross join moments
--     where floor(seconds_between(last_personal_at, former_as_of) / 2592000) is distinct from floor(seconds_between(last_personal_at, as_of) / 2592000)
--         or floor(seconds_between(last_heard_from_at, former_as_of) / 2592000) is distinct from floor(seconds_between(last_heard_from_at, as_of) / 2592000)
-- column person_id: u:, e:, s: or a: (user_id, e-mail, source id, cookie) and the person's strongest key
-- column user_id: NULL for leads and visitors
-- column email: newest that records say, else an address by which they are known
-- column name: as sent
-- column phone: as sent
-- column city: as sent; where records say neither city nor country, that of their latest internet address
-- column country: likewise
-- column timezone: as sent, else that of the address
-- column stage: as sent
-- column stage_since: when they came into the stage that they are in; see stage_changes
-- column sessions: how many; see sessions
-- column events: how many
-- column relationship: 0 to 100
-- column is_signed_up: has a sign-up by as_of, or a user_id and no record that says there is none
-- column unsubscribed_from_emails: false unless a record says true
-- column created_at: as sent; signed_up_at is the one to use
-- column signed_up_at: NULL: has not signed up, or when is not known
-- column first_seen_at: first event
-- column last_seen_at: last event, or last_seen_at as records say it, whichever is later
-- column first_referrer: of their first page view, also of one before they left a name; see first_touches
-- column first_landing_page: url of that page view
-- column first_source: utm_source of the session that it began
-- column first_medium: utm_medium, likewise
-- column first_campaign: utm_campaign, likewise
-- column last_contacted_at: our latest message to them that was sent, by hand or automatic
-- column last_heard_from_at: their latest message to us
-- check user_id: unique
-- check sessions: not_null, range(0, )
-- check relationship: not_null, range(0, 100)
-- check unsubscribed_from_emails: not_null
with

settings as (

    select * from settings

),

people as (

    select
        int_people__described.*,
        case when sent_last_seen_at <= settings.as_of then sent_last_seen_at end as seen_at
    from int_people__described
    cross join settings
    where not is_deleted

),

seen as (

    select * from int_people__seen

),

contacted as (

    select * from int_people__contacted

),

visits as (

    select
        person_id,
        cast(count(*) as bigint) as sessions
    from sessions
    group by person_id

),

places as (

    select * from int_people__placed

),

stages as (

    select
        person_id,
        max(entered_at) as stage_since
    from int_person_stages__changed
    group by person_id

),

ages as (

    select
        contacted.person_id,
        contacted.last_contacted_at,
        contacted.last_heard_from_at,
        floor(seconds_between(contacted.last_personal_at, settings.as_of) / 86400 / 30) as months_since_sent,
        floor(seconds_between(contacted.last_heard_from_at, settings.as_of) / 86400 / 30) as months_since_received
    from contacted
    cross join settings

),

named as (

    select
        people.person_id,
        people.user_id,
        people.email,
        people.name,
        people.phone,
        case when people.city is null and people.country is null then places.city else people.city end as city,
        coalesce(people.country, case when people.city is null then places.country end) as country,
        coalesce(people.timezone, places.timezone) as timezone,
        people.stage,
        case when people.stage is not null then stages.stage_since end as stage_since,
        coalesce(visits.sessions, 0) as sessions,
        coalesce(seen.events, 0) as events,
        cast(
            coalesce(greatest(50 - 5 * ages.months_since_sent, 0), 0)
            + coalesce(greatest(50 - 5 * ages.months_since_received, 0), 0)
            as integer
        ) as relationship,
        case
            when people.says_sign_up then coalesce(people.signed_up_at <= settings.as_of, false)
            else people.has_user_id
        end as is_signed_up,
        people.unsubscribed_from_emails,
        people.created_at,
        people.signed_up_at,
        seen.first_event_at as first_seen_at,
        greatest(
            coalesce(seen.last_event_at, people.seen_at),
            coalesce(people.seen_at, seen.last_event_at)
        ) as last_seen_at,
        first_touches.referrer as first_referrer,
        first_touches.landing_page as first_landing_page,
        first_touches.source as first_source,
        first_touches.medium as first_medium,
        first_touches.campaign as first_campaign,
        ages.last_contacted_at,
        ages.last_heard_from_at
    from people
    cross join settings
    left join seen using (person_id)
    left join visits using (person_id)
    left join stages using (person_id)
    left join places using (person_id)
    left join first_touches using (person_id)
    left join ages using (person_id)

)

select *
from named
left join person_attributes_wide using (person_id)
