-- One row per week of a customer's life: contacts made in it, over the users who have
-- lived through it. Weeks are of 7 × 24 hours from sign-up on. A user is at risk in a
-- week once it is over, by as_of and before any deletion, and only then do their
-- contacts in it count: one that is still going on has had less time for any. Contacts
-- before sign-up are a row of their own, -1; those of people who have not signed up, or
-- when is not known, are in none, and stand in left_out.
-- grain: week of life
-- key: tenure_week
-- order: tenure_week
-- column tenure_week: 0 is the first week; -1: before sign-up
-- column contacts: of the users at risk in that week
-- column users_at_risk: who have lived through it; NULL before sign-up
-- column contacts_per_user: contacts / users_at_risk
-- column contacts_not_over: further contacts, of users whose week was not over: left out
-- check contacts: not_null, range(0, )
-- check users_at_risk: range(0, )
with

settings as (

    select * from settings

),

users as (

    select
        person_id,
        cast(
            greatest(
                floor(
                    seconds_between(
                        int_users__contacted.signed_up_at,
                        least(settings.as_of, coalesce(int_users__contacted.deleted_at, settings.as_of))
                    ) / 604800
                ),
                0
            ) as integer
        ) as weeks_over
    from int_users__contacted
    cross join settings
    where int_users__contacted.signed_up_at <= settings.as_of

),

contacts as (

    select
        int_contacts__aged.tenure_week,
        int_contacts__aged.tenure_week < 0
        or seconds_between(
            int_contacts__aged.signed_up_at,
            least(settings.as_of, coalesce(int_contacts__aged.deleted_at, settings.as_of))
        ) >= 604800 * (int_contacts__aged.tenure_week + 1) as is_over
    from int_contacts__aged
    cross join settings
    where int_contacts__aged.signed_up_at <= settings.as_of
        and (int_contacts__aged.deleted_at is null or int_contacts__aged.contacted_at < int_contacts__aged.deleted_at)

),

numbered as (

    select
        cast(row_number() over (order by days.day) - 1 as integer) as tenure_week
    from (select max(weeks_over) as last_week from users) as span
    cross join lateral each_day(date '2000-01-01', date_add(date '2000-01-01', span.last_week - 1)) as days

),

weeks as (

    select tenure_week from numbered

    union

    select tenure_week from contacts

),

ended as (

    select
        weeks_over,
        count(*) as n
    from users
    group by weeks_over

),

at_risk as (

    select
        weeks.tenure_week,
        cast(coalesce(sum(ended.n), 0) as bigint) as users_at_risk
    from weeks
    left join ended
        on ended.weeks_over > weeks.tenure_week
    where weeks.tenure_week >= 0
    group by weeks.tenure_week

),

made as (

    select
        tenure_week,
        cast(count(*) filter (where is_over) as bigint) as contacts,
        cast(count(*) filter (where not is_over) as bigint) as contacts_not_over
    from contacts
    group by tenure_week

),

final as (

    select
        weeks.tenure_week,
        coalesce(made.contacts, 0) as contacts,
        at_risk.users_at_risk,
        cast(coalesce(made.contacts, 0) as double) / nullif(at_risk.users_at_risk, 0) as contacts_per_user,
        coalesce(made.contacts_not_over, 0) as contacts_not_over
    from weeks
    left join at_risk using (tenure_week)
    left join made using (tenure_week)

)

select * from final
