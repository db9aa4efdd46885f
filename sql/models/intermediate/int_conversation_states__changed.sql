-- One row per part after which a conversation is in a state: open, closed or
-- snoozed. A close of a closed conversation changes nothing.
-- grain: part
-- incremental: conversation_id
-- key: conversation_id, part_id
-- column is_reopening: opens what was closed, after the person's first message: their first answer to a message of ours that was closed when sent is none
with

parts as (

    select * from int_conversation_parts__classified where state_after is not null

),

conversations as (

    select * from int_conversations__opened

),

ordered as (

    select
        conversation_id,
        part_id,
        state_after,
        says_state,
        lag(state_after) over (
            partition by conversation_id
            order by created_at, case when is_source then 0 else 1 end, length(part_id), part_id
        ) as state_before,
        row_number() over (
            partition by conversation_id
            order by created_at desc, case when is_source then 1 else 0 end, length(part_id) desc, part_id desc
        ) as newest_first,
        created_at as changed_at
    from parts

),

final as (

    select
        ordered.conversation_id,
        ordered.part_id,
        ordered.state_before,
        ordered.state_after,
        ordered.says_state,
        ordered.newest_first = 1 as is_last,
        coalesce(
            ordered.state_before = 'closed'
            and ordered.state_after = 'open'
            and ordered.changed_at > conversations.first_contact_at,
            false
        ) as is_reopening,
        ordered.changed_at
    from ordered
    inner join conversations using (conversation_id)

)

select * from final
