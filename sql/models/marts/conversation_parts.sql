-- One row per part of a conversation that was there by as_of: messages, replies,
-- notes, assignments, closes.
-- grain: part
-- key: conversation_id, part_id
-- incremental: conversation_id
-- parts: date(created_at)
-- column part_id: as sent
-- column conversation_id: the conversation it is in
-- column person_id: whom the conversation is with
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column part_type: as sent, in small letters
-- column author_type: as sent, in small letters
-- column author_id: as sent
-- column author_name: as sent
-- column speaker: person (user or lead), teammate, bot or other, by the author's type and the workspace's list of bots
-- column is_contact_message: written by a user or a lead
-- column is_human_reply: words of a teammate that the customer sees, in a conversation already begun; notes, bots, automatic messages and campaigns never are
-- column assigned_to: to whom an assignment assigns, as sent
-- column created_at: when it was written
-- column body: HTML or text, as sent
-- column tags: of this part, in order; NULL: none
-- check person_id: not_null
-- check created_at: not_null
-- check conversation_id: relation(conversations.conversation_id)
with

parts as (

    select * from int_conversation_parts__classified

),

conversations as (

    select * from int_conversations__kept

),

part_tags as (

    select * from stg_part_tags where part_id is not null

),

tagged as (

    select
        conversation_id,
        part_id,
        array_sort(array_agg(tag)) as tags
    from part_tags
    group by conversation_id, part_id

),

final as (

    select
        parts.part_id,
        parts.conversation_id,
        conversations.person_id,
        conversations.user_id,
        parts.part_type,
        parts.author_type,
        parts.author_id,
        parts.author_name,
        parts.speaker,
        parts.is_contact_message,
        parts.is_human_message and not parts.is_source as is_human_reply,
        parts.assigned_to,
        parts.created_at,
        parts.body,
        tagged.tags
    from parts
    inner join conversations using (conversation_id)
    left join tagged
        on tagged.conversation_id = parts.conversation_id
        and tagged.part_id = parts.part_id

)

select * from final
