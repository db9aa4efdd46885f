-- One row per figure, local week and reason for which something is left out of
-- the figure or stands in it against expectation. No row: none in that week.
-- grain: figure, week, reason
-- key: figure, week_start, reason
-- order: figure, week_start, reason
-- column figure: the mart, or the column of contacts_weekly or contacts, that it belongs to
-- column week_start: of the contact, the conversation or the event; of users the week of sign-up, NULL where they have none by as_of
-- column reason: contacts_weekly: begun_by_teammate, begun_by_automation, no_message (nobody has said anything). first_response_weekly: unanswered (by nobody at all), bot_only (by a bot alone); the two together are its unanswered. contacts_per_active_user: by_inactive_user, by_lead (both are in the figure). active_users: not_signed_up. team, topic: not_exactly_one (of a contact). reply_time_weekly: unanswered (questions, by the week in which they were asked). repeat_contacts: unanswered, not_over, unnamed, as there. contact_tenure: no_sign_up (by as_of, or when is not known), week_not_over, after_deletion. topics_weekly: the reasons of tag_violations. first_week_contact: no_sign_up_date, signs_up_later (after as_of), first_week_not_over, deleted_in_first_week. time_to_first_contact: no_sign_up_date, signs_up_later, wrote_before_sign_up, deleted_before_sign_up
-- column n: how many conversations or messages; people for active_users, first_week_contact and time_to_first_contact
-- check n: not_null, range(1, )
with

settings as (

    select * from settings

),

conversations as (

    select * from conversations

),

contacts as (

    select * from contacts

),

contacts_weekly as (

    select * from contacts_weekly

),

not_contacts as (

    select
        'contacts_weekly' as figure,
        local_week(conversations.created_at, settings.timezone, settings.week_starts) as week_start,
        case
            when conversations.initiated_by = 'teammate' then 'begun_by_teammate'
            when conversations.initiated_by = 'automation' then 'begun_by_automation'
            else 'no_message'
        end as reason,
        cast(count(*) as bigint) as n
    from conversations
    cross join settings
    where conversations.initiated_by is null or conversations.initiated_by <> 'person'
    group by 1, 2, 3

),

not_answered as (

    select
        'first_response_weekly' as figure,
        week_start,
        case when is_bot_answered then 'bot_only' else 'unanswered' end as reason,
        cast(count(*) as bigint) as n
    from contacts
    where not is_answered
    group by 1, 2, 3

),

without_team as (

    select
        'team' as figure,
        week_start,
        'not_exactly_one' as reason,
        cast(count(*) as bigint) as n
    from contacts
    where team is null
    group by 1, 2, 3

),

without_topic as (

    select
        'topic' as figure,
        week_start,
        'not_exactly_one' as reason,
        cast(count(*) as bigint) as n
    from contacts
    where topic is null
    group by 1, 2, 3

),

by_inactive_users as (

    select
        'contacts_per_active_user' as figure,
        week_start,
        'by_inactive_user' as reason,
        contacts_by_inactive_users as n
    from contacts_weekly

),

by_leads as (

    select
        'contacts_per_active_user' as figure,
        week_start,
        'by_lead' as reason,
        contacts_by_leads as n
    from contacts_weekly

),

active_leads as (

    select
        'active_users' as figure,
        week_start,
        'not_signed_up' as reason,
        active_leads as n
    from contacts_weekly

),

final as (

    select * from not_contacts
    union all
    select * from not_answered
    union all
    select * from without_team
    union all
    select * from without_topic
    union all
    select * from by_inactive_users where n > 0
    union all
    select * from by_leads where n > 0
    union all
    select * from active_leads where n > 0
    union all
    select * from int_contacts__left_out
    union all
    select * from int_users__left_out

)

select * from final
