-- One row per message of a person that is tagged with exactly one team and one
-- topic: what topics_weekly counts. What they say stands in conversation_parts,
-- under the same two ids. Where the workspace names no teams, or no topics, a
-- message needs none.
-- grain: message
-- key: conversation_id, part_id
-- incremental: conversation_id
-- column conversation_id: the conversation it is in
-- column part_id: the message
-- column person_id: who wrote
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column written_at: when
-- column week_start: first day of the local week in which it was written
-- column team: its team tag; NULL where the workspace names no teams
-- column topic: its topic tag; NULL where the workspace names no topics
-- column is_contact: the first message of a contact; else a later one, or an answer to a message of ours
-- check person_id: not_null
-- check written_at: not_null
-- check conversation_id: relation(conversations.conversation_id)
with

messages as (

    select * from int_messages__tagged where reason is null

),

final as (

    select
        conversation_id,
        part_id,
        person_id,
        user_id,
        written_at,
        week_start,
        team,
        topic,
        is_contact
    from messages

)

select * from final
