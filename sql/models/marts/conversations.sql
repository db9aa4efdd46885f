-- One row per conversation that had begun by as_of. Who speaks is told by the
-- author's type, and by the workspace's list of bots. The state is that of the
-- parts that were there by as_of: it is taken from what was sent only where no
-- part says any.
-- grain: conversation
-- key: conversation_id
-- incremental: conversation_id
-- parts: date(created_at)
-- touched by memberships: select int_conversations__opened.conversation_id from int_conversations__opened semi join changed using (person_id)
-- column conversation_id: as sent
-- column person_id: whom it is with; "c:" and its id if it names nobody
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column company_id: the company that the record names; where it names none, the one that the person was in when it began, if it was exactly one
-- column initiated_by: person (user or lead), teammate, or automation (bot, automatic message, campaign); NULL: nobody has said anything
-- column channel: how it came in, as sent
-- column subject: as sent
-- column url: as sent
-- column created_at: when it began
-- column first_contact_at: the person's first message; in a conversation begun by us, their first answer
-- column first_response_at: the first human reply at or after first_contact_at; NULL if unanswered, and if it was begun by us
-- column last_response_at: the last human reply, likewise; the first where there is one alone
-- column first_response_seconds: by the clock; 0 in the same second
-- column first_response_office_seconds: within office hours; NULL where there is no schedule, and before 1970
-- column is_bot_answered: a bot or an automatic message answered the contact
-- column contact_messages: messages of the person
-- column first_closed_at: first close from first_contact_at on; without a contact message the first close
-- column last_closed_at: last close, counted likewise
-- column seconds_to_first_close: since first_contact_at; NULL without a contact message
-- column seconds_to_last_close: since first_contact_at; NULL without a contact message
-- column office_seconds_to_first_close: within office hours; NULL where there is no schedule, and before 1970
-- column office_seconds_to_last_close: likewise
-- column state: open, closed or snoozed, at as_of
-- column reopened: how often it was opened after a close, by a part that says so or by a message of the person; two closes in a row are no reopening, and a conversation without a contact message has none
-- column team: the team tag of the first contact message or of the conversation as a whole, if there is exactly one
-- column topic: the topic tag, likewise
-- check person_id: not_null
-- check created_at: not_null
-- check initiated_by: accepted(person, teammate, automation)
-- check reopened: not_null, range(0, )
-- check first_response_seconds: range(0, )
-- check seconds_to_first_close: range(0, )
-- check office_seconds_to_first_close: range(0, )
with

conversations as (

    select * from int_conversations__opened

),

closings as (

    select * from int_conversations__closed

),

tags as (

    select * from int_conversations__tagged

),

memberships as (

    select * from memberships

),

office_hours as (

    select * from stg_office_hours

),

only_companies as (

    select
        conversations.conversation_id,
        min(memberships.company_id) as company_id
    from conversations
    inner join memberships using (person_id)
    where conversations.company_id is null
        and memberships.joined_at <= conversations.created_at
        and (memberships.left_at is null or memberships.left_at > conversations.created_at)
    group by conversations.conversation_id
    having count(*) = 1

),

-- Open time up to an instant is that before its stretch, and what the stretch has
-- had: of two instants the difference, whole seconds apart from fractions.
waited as (

    select
        conversations.conversation_id,
        cast(answered.open_before - asked.open_before as double)
        + answered.is_open * seconds_between(answered.starts_at, conversations.first_response_at)
        - asked.is_open * seconds_between(asked.starts_at, conversations.first_contact_at) as first_response,
        cast(first_closed.open_before - asked.open_before as double)
        + first_closed.is_open * seconds_between(first_closed.starts_at, closings.first_closed_at)
        - asked.is_open * seconds_between(asked.starts_at, conversations.first_contact_at) as first_close,
        cast(last_closed.open_before - asked.open_before as double)
        + last_closed.is_open * seconds_between(last_closed.starts_at, closings.last_closed_at)
        - asked.is_open * seconds_between(asked.starts_at, conversations.first_contact_at) as last_close
    from conversations
    left join closings using (conversation_id)
    inner join office_hours as asked
        on asked.day = cast(conversations.first_contact_at as date)
        and asked.starts_at <= conversations.first_contact_at
        and asked.ends_at > conversations.first_contact_at
    left join office_hours as answered
        on answered.day = cast(conversations.first_response_at as date)
        and answered.starts_at <= conversations.first_response_at
        and answered.ends_at > conversations.first_response_at
    left join office_hours as first_closed
        on first_closed.day = cast(closings.first_closed_at as date)
        and first_closed.starts_at <= closings.first_closed_at
        and first_closed.ends_at > closings.first_closed_at
    left join office_hours as last_closed
        on last_closed.day = cast(closings.last_closed_at as date)
        and last_closed.starts_at <= closings.last_closed_at
        and last_closed.ends_at > closings.last_closed_at

),

final as (

    select
        conversations.conversation_id,
        conversations.person_id,
        conversations.user_id,
        coalesce(conversations.company_id, only_companies.company_id) as company_id,
        conversations.initiated_by,
        conversations.channel,
        conversations.subject,
        conversations.url,
        conversations.created_at,
        conversations.first_contact_at,
        conversations.first_response_at,
        conversations.last_response_at,
        seconds_between(conversations.first_contact_at, conversations.first_response_at) as first_response_seconds,
        waited.first_response as first_response_office_seconds,
        conversations.is_bot_answered,
        conversations.contact_messages,
        closings.first_closed_at,
        closings.last_closed_at,
        seconds_between(conversations.first_contact_at, closings.first_closed_at) as seconds_to_first_close,
        seconds_between(conversations.first_contact_at, closings.last_closed_at) as seconds_to_last_close,
        waited.first_close as office_seconds_to_first_close,
        waited.last_close as office_seconds_to_last_close,
        coalesce(closings.state, conversations.sent_state, 'open') as state,
        coalesce(closings.reopened, 0) as reopened,
        tags.team,
        tags.topic
    from conversations
    left join closings using (conversation_id)
    left join tags using (conversation_id)
    left join waited using (conversation_id)
    left join only_companies using (conversation_id)

)

select * from final
