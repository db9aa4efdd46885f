-- One row per message or contact whose tags do not say one team and one topic: a
-- tagged message with several of a kind, or with only one of the two; and a contact
-- without any tagged message, under the id of its first one. Where the workspace
-- names no teams, or no topics, none is missed, and where it names neither there is
-- no row. A tag that names neither a team nor a topic is none.
-- grain: message
-- key: conversation_id, part_id
-- incremental: conversation_id
-- column conversation_id: the conversation
-- column part_id: the message; of an untagged contact its first, where a tag belongs
-- column person_id: who wrote
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column written_at: when
-- column week_start: first day of the local week in which it was written
-- column teams: the tags of teams that it has, in order; NULL: none
-- column topics: the tags of topics, likewise
-- column reason: no_team, no_topic, several_teams, several_topics, several_teams_and_topics, several_teams_and_no_topic, several_topics_and_no_team; untagged: of a contact in which no message is tagged
-- check part_id: not_null
-- check person_id: not_null
-- check reason: not_null, accepted(no_team, no_topic, several_teams, several_topics, several_teams_and_topics, several_teams_and_no_topic, several_topics_and_no_team, untagged)
-- check conversation_id: relation(conversations.conversation_id)
with

settings as (

    select * from settings

),

messages as (

    select * from int_messages__tagged

),

conversations as (

    select * from int_conversations__opened where initiated_by = 'person'

),

named as (

    select (select count(*) from stg_teams) + (select count(*) from stg_topics) > 0 as is_tagging

),

tagged as (

    select distinct conversation_id from messages

),

found as (

    select
        conversation_id,
        part_id,
        person_id,
        user_id,
        written_at,
        week_start,
        reason
    from messages
    where reason is not null

    union all

    select
        conversations.conversation_id,
        conversations.first_contact_part_id as part_id,
        conversations.person_id,
        conversations.user_id,
        conversations.first_contact_at as written_at,
        local_week(conversations.first_contact_at, settings.timezone, settings.week_starts) as week_start,
        'untagged' as reason
    from conversations
    cross join settings
    cross join named
    left join tagged using (conversation_id)
    where tagged.conversation_id is null
        and named.is_tagging

),

final as (

    select
        found.conversation_id,
        found.part_id,
        found.person_id,
        found.user_id,
        found.written_at,
        found.week_start,
        messages.teams,
        messages.topics,
        found.reason
    from found
    left join messages
        on messages.conversation_id = found.conversation_id
        and messages.part_id = found.part_id

)

select * from final
