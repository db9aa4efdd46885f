-- One row per local week, from the first with an event or a conversation to that
-- of as_of; a week without contacts is a row with 0. A week that had not ended at
-- as_of is partial. The first week is never marked: records cannot tell whether
-- there was nothing before them.
-- Active users are signed-up people with at least one event or page view in the
-- week; who signed up after it was a lead or a visitor then, and is counted apart.
-- A sharp rise is told by a control chart for counts per unit (W. A. Shewhart's u
-- chart): the usual rate is that of the eight whole weeks before, and the upper limit
-- lies three standard deviations, √(usual / active users), above it.
-- grain: week
-- key: week_start
-- order: week_start
-- column week_start: first day of the local week, by the workspace's zone and first day of the week
-- column contacts: conversations that users and leads began
-- column active_users: distinct signed-up people with an event
-- column contacts_per_active_user: contacts / active_users, NULL without active users; contacts of inactive users and of leads are in it
-- column usual_contacts_per_active_user: contacts / active users of the eight weeks before together; NULL where there are not as many, or nobody was active in them
-- column upper_limit: above it the rate is more than chance lets expect; NULL where there is no usual rate
-- column is_sharp_rise: the week is over, its rate above the upper limit, and at least a quarter above the usual one
-- column contacts_by_inactive_users: contacts of signed-up people without an event in the week
-- column contacts_by_leads: contacts of people who had not signed up by the end of the week
-- column active_leads: people who had not signed up, with an event
-- column outbound_replies: conversations begun by us in which a person answered first in this week
-- column reopened: reopenings in this week, also of conversations begun by us
-- column is_partial: the week had not ended at as_of
-- check contacts: not_null, range(0, )
-- check active_users: not_null, range(0, )
-- check is_sharp_rise: not_null
-- check is_partial: not_null
with

settings as (

    select * from settings

),

weeks as (

    select * from int_weeks__spanned

),

conversations as (

    select * from conversations

),

states as (

    select * from int_conversation_states__changed where is_reopening

),

activity as (

    select * from int_weeks__active

),

contacts_placed as (

    select * from int_contacts__placed

),

contacted as (

    select
        week_start,
        cast(count(*) as bigint) as contacts,
        cast(count(*) filter (where is_user and not is_active) as bigint) as contacts_by_inactive_users,
        cast(count(*) filter (where not is_user) as bigint) as contacts_by_leads
    from contacts_placed
    group by week_start

),

replied as (

    select
        local_week(conversations.first_contact_at, settings.timezone, settings.week_starts) as week_start,
        cast(count(*) as bigint) as outbound_replies
    from conversations
    cross join settings
    where conversations.initiated_by <> 'person'
        and conversations.first_contact_at is not null
    group by 1

),

reopenings as (

    select
        local_week(states.changed_at, settings.timezone, settings.week_starts) as week_start,
        cast(count(*) as bigint) as reopened
    from states
    cross join settings
    group by 1

),

weekly as (

    select
        weeks.week_start,
        coalesce(contacted.contacts, 0) as contacts,
        coalesce(activity.active_users, 0) as active_users,
        cast(coalesce(contacted.contacts, 0) as double) / nullif(activity.active_users, 0) as contacts_per_active_user,
        coalesce(contacted.contacts_by_inactive_users, 0) as contacts_by_inactive_users,
        coalesce(contacted.contacts_by_leads, 0) as contacts_by_leads,
        coalesce(activity.active_leads, 0) as active_leads,
        coalesce(replied.outbound_replies, 0) as outbound_replies,
        coalesce(reopenings.reopened, 0) as reopened,
        weeks.is_partial
    from weeks
    left join contacted using (week_start)
    left join activity using (week_start)
    left join replied using (week_start)
    left join reopenings using (week_start)

),

usual as (

    select
        *,
        case
            when count(*) over earlier = 8
                then cast(sum(contacts) over earlier as double) / nullif(sum(active_users) over earlier, 0)
        end as usual_contacts_per_active_user
    from weekly
    window earlier as (order by week_start rows between 8 preceding and 1 preceding)

),

limited as (

    select
        *,
        usual_contacts_per_active_user
        + 3 * sqrt(usual_contacts_per_active_user / nullif(active_users, 0)) as upper_limit
    from usual

),

final as (

    select
        week_start,
        contacts,
        active_users,
        contacts_per_active_user,
        usual_contacts_per_active_user,
        upper_limit,
        not is_partial
        and coalesce(contacts_per_active_user > upper_limit, false)
        and coalesce(contacts_per_active_user >= 1.25 * usual_contacts_per_active_user, false) as is_sharp_rise,
        contacts_by_inactive_users,
        contacts_by_leads,
        active_leads,
        outbound_replies,
        reopened,
        is_partial
    from limited

)

select * from final
