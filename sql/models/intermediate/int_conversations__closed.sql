-- One row per conversation in which a part says something of its state: when it
-- was closed and reopened, from the person's first message on (where there is
-- none, from its start), and the state it was left in.
-- grain: conversation
-- incremental: conversation_id
-- key: conversation_id
-- column state: NULL if no part's type says one, so that only messages tell
-- column reopened: how often it was opened after a close; two closes in a row are no reopening
with

conversations as (

    select * from int_conversations__opened

),

states as (

    select * from int_conversation_states__changed

),

final as (

    select
        states.conversation_id,
        case
            when max(case when states.says_state then 1 else 0 end) = 1
                then max(case when states.is_last then states.state_after end)
        end as state,
        cast(sum(case when states.is_reopening then 1 else 0 end) as bigint) as reopened,
        min(
            case
                when states.state_after = 'closed'
                    and states.changed_at >= coalesce(conversations.first_contact_at, states.changed_at)
                    then states.changed_at
            end
        ) as first_closed_at,
        max(
            case
                when states.state_after = 'closed'
                    and states.changed_at >= coalesce(conversations.first_contact_at, states.changed_at)
                    then states.changed_at
            end
        ) as last_closed_at
    from states
    inner join conversations using (conversation_id)
    group by states.conversation_id

)

select * from final
