-- One row per person whom any record named by as_of, deleted ones too, with what
-- is known of them at as_of: for each attribute the newest value by the record's
-- own time, and of several user records that turned out to be one person the
-- earliest sign-up.
-- grain: person
-- key: person_id
-- incremental: person_id
-- touched by settled_person_attributes: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved semi join changed using (key_kind, key)
-- column email: an address by which they are known today, where no record of theirs says one or that there is none
-- column signed_up_at: NULL: not signed up, or when is not known; it may lie after as_of
-- column has_user_id: some record gave one
-- column says_sign_up: some record says when they signed up, or that they did not; without one, who has a user_id has signed up
-- column signed_up_week: first day of the local week of signed_up_at
-- column sent_last_seen_at: as records say it, maybe after as_of; what was seen stands in int_people__seen
with

settings as (

    select * from settings

),

keys as (

    select * from int_person_keys__resolved

),

deletions as (

    select * from int_people__deleted

),

person_attributes as (

    select * from stg_person_attributes

),

people as (

    select
        person_id,
        max(case when key_kind = 'user_id' then 1 else 0 end) = 1 as has_user_id,
        min(case when key_kind = 'email' and is_current then key end) as known_email
    from keys
    where why <> 'odd'
    group by person_id

),

observed as (

    select
        keys.person_id,
        person_attributes.key_kind,
        person_attributes.key,
        person_attributes.name,
        person_attributes.value,
        person_attributes.observed_at,
        person_attributes.seq
    from person_attributes
    inner join keys
        on keys.key_kind = person_attributes.key_kind
        and keys.key = person_attributes.key
        and person_attributes.observed_at >= keys.valid_from
        and person_attributes.observed_at < keys.valid_to
    left join deletions
        on deletions.person_id = keys.person_id
        and not deletions.is_deleted
        and person_attributes.observed_at <= deletions.deleted_at
    where deletions.person_id is null

),

ranked as (

    select
        person_id,
        name,
        value,
        row_number() over (partition by person_id, name order by observed_at desc, seq desc, value nulls last) as newest_first
    from observed
    where name not in ('signed_up_at', 'last_seen_at')

),

-- By key: what one user record says does not take the place of what another does.
instants_ranked as (

    select
        person_id,
        name,
        parse_instant(value) as said_at,
        row_number() over (partition by person_id, key_kind, key, name order by observed_at desc, seq desc, value nulls last) as newest_first
    from observed
    where name in ('signed_up_at', 'last_seen_at')

),

sign_ups as (

    select
        person_id,
        min(said_at) as signed_up_at
    from instants_ranked
    where newest_first = 1 and name = 'signed_up_at'
    group by person_id

),

sightings as (

    select
        person_id,
        max(said_at) as last_seen_at
    from instants_ranked
    where newest_first = 1 and name = 'last_seen_at'
    group by person_id

),

described as (

    select
        person_id,
        max(case when name = 'email' then value end) as email,
        max(case when name = 'email' then 1 else 0 end) = 1 as says_email,
        max(case when name = 'name' then value end) as name,
        max(case when name = 'phone' then value end) as phone,
        max(case when name = 'ip' then value end) as ip,
        max(case when name = 'city' then value end) as city,
        max(case when name = 'country' then value end) as country,
        max(case when name = 'timezone' then value end) as timezone,
        max(case when name = 'stage' then value end) as stage,
        max(case when name = 'unsubscribed_from_emails' then value end) as unsubscribed_from_emails,
        parse_instant(max(case when name = 'created_at' then value end)) as created_at
    from ranked
    where newest_first = 1
    group by person_id

),

final as (

    select
        people.person_id,
        case
            when substring(people.person_id, 1, 2) = 'u:' and not coalesce(deletions.is_deleted, false)
                then substring(people.person_id, 3)
        end as user_id,
        case when described.says_email then described.email else people.known_email end as email,
        described.name,
        described.phone,
        described.ip,
        described.city,
        described.country,
        described.timezone,
        described.stage,
        coalesce(described.unsubscribed_from_emails = 'true', false) as unsubscribed_from_emails,
        people.has_user_id,
        sign_ups.person_id is not null as says_sign_up,
        coalesce(deletions.is_deleted, false) as is_deleted,
        described.created_at,
        sign_ups.signed_up_at,
        local_week(sign_ups.signed_up_at, settings.timezone, settings.week_starts) as signed_up_week,
        sightings.last_seen_at as sent_last_seen_at,
        case when deletions.is_deleted then deletions.deleted_at end as deleted_at
    from people
    cross join settings
    left join deletions using (person_id)
    left join described using (person_id)
    left join sign_ups using (person_id)
    left join sightings using (person_id)

)

select * from final
