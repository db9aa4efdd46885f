-- One row per contact: the start of a conversation by a user or a lead. A
-- conversation begun by a teammate or an automatic message is none (a person's
-- answer there counts in contacts_weekly.outbound_replies), nor is one without any
-- message from a person, nor a reopened one again. Contacts of deleted people
-- stay, without their user_id.
-- grain: contact
-- key: conversation_id
-- incremental: conversation_id
-- parts: date(contacted_at)
-- column conversation_id: the conversation that it began
-- column person_id: who wrote
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column company_id: as in conversations
-- column channel: how it came in, as sent
-- column contacted_at: the first contact message
-- column week_start: first day of its local week
-- column weekday: local day of the week, 1 Monday … 7 Sunday
-- column hour: local hour, 0 to 23
-- column is_answered: a human has replied by as_of
-- column is_bot_answered: a bot or an automatic message has
-- column last_response_at: the last human reply by as_of; NULL if unanswered
-- column first_response_seconds: until the first human reply, by the clock; NULL if unanswered
-- column first_response_office_seconds: within office hours; NULL where there is no schedule
-- column team: the team tag of the first contact message or of the conversation as a whole, if there is exactly one
-- column topic: the topic tag, likewise
-- check person_id: not_null
-- check contacted_at: not_null
-- check weekday: range(1, 7)
-- check hour: range(0, 23)
-- check conversation_id: relation(conversations.conversation_id)
with

settings as (

    select * from settings

),

conversations as (

    select * from conversations where initiated_by = 'person'

),

final as (

    select
        conversations.conversation_id,
        conversations.person_id,
        conversations.user_id,
        conversations.company_id,
        conversations.channel,
        conversations.first_contact_at as contacted_at,
        local_week(conversations.first_contact_at, settings.timezone, settings.week_starts) as week_start,
        iso_weekday(local_date(conversations.first_contact_at, settings.timezone)) as weekday,
        local_hour(conversations.first_contact_at, settings.timezone) as hour,
        conversations.first_response_at is not null as is_answered,
        conversations.is_bot_answered,
        conversations.last_response_at,
        conversations.first_response_seconds,
        conversations.first_response_office_seconds,
        conversations.team,
        conversations.topic
    from conversations
    cross join settings

)

select * from final
