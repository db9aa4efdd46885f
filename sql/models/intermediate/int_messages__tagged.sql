-- One row per message of a person that carries a tag of a team or a topic, and what
-- is wrong with its tags. A tag on the conversation as a whole belongs to the first
-- contact message. Tags that name neither are left out; upper and lower case are
-- the same. A message is about exactly one team and one topic; where the workspace
-- names no teams, or no topics, it needs none.
-- grain: message
-- key: conversation_id, part_id
-- incremental: conversation_id
-- column is_contact: the first message of a contact
-- column week_start: first day of the local week in which it was written
-- column teams: the tags of teams, in order; NULL: none
-- column topics: the tags of topics, likewise
-- column reason: why it is not counted; NULL: exactly one team and one topic
with

settings as (

    select * from settings

),

conversations as (

    select * from int_conversations__opened where first_contact_part_id is not null

),

messages as (

    select * from int_conversation_parts__classified where is_contact_message

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

named as (

    select
        (select count(*) from stg_teams) > 0 as has_teams,
        (select count(*) from stg_topics) > 0 as has_topics

),

placed as (

    select
        part_tags.conversation_id,
        coalesce(part_tags.part_id, conversations.first_contact_part_id) as part_id,
        lower(part_tags.tag) as tag_key
    from part_tags
    inner join conversations using (conversation_id)

),

counted as (

    select
        placed.conversation_id,
        placed.part_id,
        count(distinct teams.tag) as team_count,
        count(distinct topics.tag) as topic_count,
        case when count(distinct teams.tag) > 0 then array_sort(array_agg(distinct teams.tag) filter (where teams.tag is not null)) end as teams,
        case when count(distinct topics.tag) > 0 then array_sort(array_agg(distinct topics.tag) filter (where topics.tag is not null)) end as topics,
        max(teams.tag) as team,
        max(topics.tag) as topic
    from placed
    left join teams using (tag_key)
    left join topics using (tag_key)
    where teams.tag is not null or topics.tag is not null
    group by placed.conversation_id, placed.part_id

),

judged as (

    select
        counted.*,
        case
            when counted.team_count > 1 and counted.topic_count > 1 then 'several_teams_and_topics'
            when counted.team_count > 1 and counted.topic_count = 0 and named.has_topics then 'several_teams_and_no_topic'
            when counted.team_count > 1 then 'several_teams'
            when counted.topic_count > 1 and counted.team_count = 0 and named.has_teams then 'several_topics_and_no_team'
            when counted.topic_count > 1 then 'several_topics'
            when counted.team_count = 0 and named.has_teams then 'no_team'
            when counted.topic_count = 0 and named.has_topics then 'no_topic'
        end as reason
    from counted
    cross join named

),

final as (

    select
        judged.conversation_id,
        judged.part_id,
        conversations.person_id,
        conversations.user_id,
        coalesce(conversations.initiated_by = 'person', false) and judged.part_id = conversations.first_contact_part_id as is_contact,
        messages.created_at as written_at,
        local_week(messages.created_at, settings.timezone, settings.week_starts) as week_start,
        judged.teams,
        judged.topics,
        case when judged.reason is null then judged.team end as team,
        case when judged.reason is null then judged.topic end as topic,
        judged.reason
    from judged
    inner join messages
        on messages.conversation_id = judged.conversation_id
        and messages.part_id = judged.part_id
    inner join conversations
        on conversations.conversation_id = judged.conversation_id
    cross join settings

)

select * from final
