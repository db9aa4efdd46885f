-- One row per contact: whether the same person made another after it was answered.
-- grain: contact
-- key: conversation_id
-- incremental: person_id
-- column answered_at: its last human reply; NULL if unanswered
-- column next_contact_at: the person's first contact after that instant; NULL: none by as_of
-- column is_repeated: that came within 7 × 24 hours, the last instant included
-- column is_named: the conversation says whom it is with, so that another could be known
with

contacts as (

    select * from contacts

),

moments as (

    select
        conversation_id,
        person_id,
        contacted_at as happened_at,
        0 as is_answer
    from contacts

    union all

    select
        conversation_id,
        person_id,
        last_response_at as happened_at,
        1 as is_answer
    from contacts
    where last_response_at is not null

),

followed as (

    select
        conversation_id,
        is_answer,
        min(case when is_answer = 0 then happened_at end) over (
            partition by person_id
            order by happened_at, is_answer, conversation_id
            rows between 1 following and unbounded following
        ) as next_contact_at
    from moments

),

final as (

    select
        contacts.conversation_id,
        contacts.person_id,
        contacts.topic,
        contacts.week_start,
        contacts.last_response_at as answered_at,
        followed.next_contact_at,
        coalesce(seconds_between(contacts.last_response_at, followed.next_contact_at) <= 604800, false) as is_repeated,
        contacts.person_id <> 'c:' || contacts.conversation_id as is_named
    from contacts
    left join followed
        on followed.conversation_id = contacts.conversation_id
        and followed.is_answer = 1

)

select * from final
