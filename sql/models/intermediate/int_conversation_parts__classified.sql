-- One row per part of a conversation that counts, with who speaks and what the
-- part does. Who speaks is told by the author's type, never by the part's type:
-- tools write parts whose type says "by admin" under a bot's name. Authors whom
-- the workspace lists as bots, by name or by "id:…", are bots whatever their
-- type, except that a user or lead is always a person.
-- grain: part
-- incremental: conversation_id
-- key: conversation_id, part_id
-- column speaker: person (user or lead), teammate, bot, or other
-- column is_contact_message: a person's message, unless it is an automatic one that stands under their name at the start; a change of state or a rating without words is none
-- column is_human_message: words of a teammate that the customer sees: a reply, an assignment or close that carries text, a message begun by hand; in a log without texts what its mapping calls a reply. Notes, bots, automatic messages and campaigns never are
-- column is_our_message: anything of ours that the customer sees, by hand or not
-- column state_after: the state that the part leaves the conversation in; NULL: it changes none. A person's message opens
-- column says_state: the part's type itself says that state
-- check speaker: accepted(person, teammate, bot, other)
with

conversations as (

    select * from int_conversations__kept

),

parts as (

    select * from stg_conversation_parts

),

bots as (

    select * from stg_bots

),

spoken as (

    select
        parts.*,
        case
            when parts.author_type in ('user', 'lead', 'contact', 'visitor', 'customer') then 'person'
            when bots_by_name.bot is not null or bots_by_id.bot is not null then 'bot'
            when parts.author_type in ('admin', 'teammate', 'team', 'agent', 'nobody_admin') then 'teammate'
            when parts.author_type like '%bot%' or parts.author_type in ('operator', 'workflow') then 'bot'
            else 'other'
        end as speaker,
        coalesce(parts.part_type like '%note%', false) as is_note,
        coalesce(
            parts.delivered_as like '%automat%'
            or parts.delivered_as like '%campaign%'
            or parts.delivered_as like '%operator%'
            or parts.delivered_as like '%workflow%'
            or parts.delivered_as like '%bot%',
            false
        ) as is_automatic,
        parts.has_text or parts.is_marked_reply as has_words,
        case
            when parts.part_type in ('close', 'closed') or parts.part_type like '%_and_close' then 'closed'
            when parts.part_type in ('snooze', 'snoozed') then 'snoozed'
            when parts.part_type in ('open', 'opened', 'reopen', 'reopened') then 'open'
            when parts.part_type in ('unsnooze', 'unsnoozed', 'timer_unsnooze') then 'open'
            when parts.part_type like '%_and_reopen' or parts.part_type like '%_and_unsnooze' then 'open'
        end as said_state
    from parts
    inner join conversations using (conversation_id)
    left join bots as bots_by_name
        on bots_by_name.bot = lower(trimmed(parts.author_name))
    left join bots as bots_by_id
        on bots_by_id.bot = lower('id:' || trimmed(parts.author_id))

),

judged as (

    select
        *,
        speaker = 'person'
        and not is_note
        and not (is_automatic and is_source)
        and (has_words or is_source or coalesce(part_type in ('comment', 'message', 'source'), false)) as is_contact_message,
        speaker = 'teammate'
        and not is_note
        and not is_automatic
        and has_words as is_human_message,
        (speaker <> 'person' or (is_automatic and is_source))
        and not is_note
        and (has_words or is_source) as is_our_message
    from spoken

),

final as (

    select
        conversation_id,
        part_id,
        part_type,
        author_type,
        author_id,
        author_name,
        author_email,
        speaker,
        assigned_to,
        delivered_as,
        body,
        has_text,
        is_source,
        is_note,
        is_automatic,
        is_contact_message,
        is_human_message,
        is_our_message,
        case
            when said_state is not null then said_state
            when is_contact_message then 'open'
        end as state_after,
        said_state is not null as says_state,
        created_at
    from judged

)

select * from final
