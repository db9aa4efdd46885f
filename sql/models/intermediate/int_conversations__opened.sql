-- One row per conversation that counts: who began it, when the person first
-- wrote, and when a human first answered. Who began it is the author of the
-- first message (the source, where records have one). Parts are in order of
-- their own time, then of their id, numbers by size.
-- grain: conversation
-- incremental: conversation_id
-- key: conversation_id
-- column initiated_by: person, teammate or automation; NULL: nobody has said anything
-- column first_contact_at: the person's first message, also where it answers one of ours
-- column first_response_at: the first human reply at or after the first contact message; NULL if unanswered, and if the conversation was begun by us
-- column last_response_at: the last human reply, likewise
-- column is_bot_answered: a bot or an automatic message answered the contact
-- check initiated_by: accepted(person, teammate, automation)
with

conversations as (

    select * from int_conversations__kept

),

parts as (

    select * from int_conversation_parts__classified

),

messages as (

    select
        *,
        row_number() over (
            partition by conversation_id
            order by
                case when is_source then 0 else 1 end,
                created_at,
                case when is_contact_message then 0 else 1 end,
                length(part_id),
                part_id
        ) as message_number,
        row_number() over (
            partition by conversation_id, is_contact_message
            order by created_at, case when is_source then 0 else 1 end, length(part_id), part_id
        ) as number_of_kind
    from parts
    where is_contact_message or is_our_message

),

openings as (

    select
        conversation_id,
        case
            when is_contact_message then 'person'
            when speaker = 'teammate' and not is_automatic then 'teammate'
            else 'automation'
        end as initiated_by
    from messages
    where message_number = 1

),

first_contacts as (

    select
        conversation_id,
        part_id as first_contact_part_id,
        created_at as first_contact_at
    from messages
    where is_contact_message
        and number_of_kind = 1

),

contact_messages as (

    select
        conversation_id,
        cast(count(*) as bigint) as contact_messages
    from messages
    where is_contact_message
    group by conversation_id

),

answers as (

    select
        messages.conversation_id,
        min(case when messages.is_human_message then messages.created_at end) as first_human_at,
        max(case when messages.is_human_message then messages.created_at end) as last_human_at,
        max(case when not messages.is_human_message then 1 else 0 end) = 1 as is_bot_answered
    from messages
    inner join first_contacts using (conversation_id)
    where messages.is_our_message
        and not messages.is_source
        and messages.created_at >= first_contacts.first_contact_at
    group by messages.conversation_id

),

final as (

    select
        conversations.conversation_id,
        conversations.person_id,
        conversations.user_id,
        conversations.company_id,
        openings.initiated_by,
        conversations.channel,
        conversations.subject,
        conversations.url,
        conversations.sent_state,
        first_contacts.first_contact_part_id,
        coalesce(contact_messages.contact_messages, 0) as contact_messages,
        coalesce(openings.initiated_by = 'person' and answers.is_bot_answered, false) as is_bot_answered,
        conversations.created_at,
        first_contacts.first_contact_at,
        case when openings.initiated_by = 'person' then answers.first_human_at end as first_response_at,
        case when openings.initiated_by = 'person' then answers.last_human_at end as last_response_at
    from conversations
    left join openings using (conversation_id)
    left join first_contacts using (conversation_id)
    left join contact_messages using (conversation_id)
    left join answers using (conversation_id)

)

select * from final
