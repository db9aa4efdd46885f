-- One row per conversation whose first contact message carries tags of teams or
-- topics; a tag on the conversation as a whole belongs to that message. Tags
-- that name neither are left out; upper and lower case are the same.
-- grain: conversation
-- incremental: conversation_id
-- key: conversation_id
-- column team: NULL unless exactly one
-- column topic: NULL unless exactly one
with

conversations as (

    select * from int_conversations__opened where first_contact_part_id is not null

),

part_tags as (

    select * from stg_part_tags

),

teams as (

    select * from stg_teams

),

topics as (

    select * from stg_topics

),

tagged as (

    select
        conversations.conversation_id,
        lower(part_tags.tag) as tag_key
    from conversations
    inner join part_tags
        on part_tags.conversation_id = conversations.conversation_id
        and (part_tags.part_id is null or part_tags.part_id = conversations.first_contact_part_id)

),

final as (

    select
        tagged.conversation_id,
        cast(count(distinct teams.tag) as bigint) as teams,
        cast(count(distinct topics.tag) as bigint) as topics,
        case when count(distinct teams.tag) = 1 then max(teams.tag) end as team,
        case when count(distinct topics.tag) = 1 then max(topics.tag) end as topic
    from tagged
    left join teams using (tag_key)
    left join topics using (tag_key)
    where teams.tag is not null or topics.tag is not null
    group by tagged.conversation_id

)

select * from final
