-- One row per conversation that had begun by as_of and is not deleted, and whom
-- it is with. A conversation that names nobody is with a person of its own,
-- known by nothing else ("c:" and its id). A deletion holds unless a part came later.
-- grain: conversation
-- key: conversation_id
-- incremental: conversation_id
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'conversations'
-- touched by int_person_keys__resolved: select stg_conversations.conversation_id from stg_conversations semi join changed using (key_kind, key)
-- touched by int_company_keys__resolved: select settled_conversations.conversation_id
--     from settled_conversations semi join changed on changed.source_id = settled_conversations.company_id
-- check person_id: not_null
-- check created_at: not_null
with

conversations as (

    select * from stg_conversations

),

parts as (

    select * from stg_conversation_parts

),

tombstones as (

    select * from stg_tombstones where kind = 'conversations'

),

keys as (

    select * from int_person_keys__resolved

),

spans as (

    select
        conversation_id,
        min(created_at) as first_part_at,
        max(created_at) as last_part_at
    from parts
    group by conversation_id

),

deletions as (

    select
        key as conversation_id,
        max(deleted_at) as deleted_at
    from tombstones
    group by key

),

final as (

    select
        conversations.conversation_id,
        coalesce(
            keys.person_id,
            case
                when conversations.key is not null
                    then substring(conversations.key_kind, 1, 1) || ':' || conversations.key
            end,
            'c:' || conversations.conversation_id
        ) as person_id,
        keys.user_id,
        conversations.company_id,
        conversations.channel,
        conversations.subject,
        conversations.url,
        conversations.sent_state,
        coalesce(conversations.created_at, spans.first_part_at) as created_at
    from conversations
    left join spans using (conversation_id)
    left join deletions using (conversation_id)
    left join keys
        on keys.key_kind = conversations.key_kind
        and keys.key = conversations.key
        and coalesce(conversations.created_at, spans.first_part_at) >= keys.valid_from
        and coalesce(conversations.created_at, spans.first_part_at) < keys.valid_to
    where coalesce(conversations.created_at, spans.first_part_at) is not null
        and (deletions.deleted_at is null or spans.last_part_at > deletions.deleted_at)

)

select * from final
