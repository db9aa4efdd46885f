-- One row per question of a person: their messages in a row, up to a teammate's
-- reply, are one, asked by the last of them. Replies in a row answer it once, by the
-- first; what bots and automatic messages say is passed over, as are notes.
-- grain: question
-- key: conversation_id, part_id
-- incremental: conversation_id
-- column part_id: the person's last message before the reply
-- column asked_at: when that was written
-- column replied_at: the first human reply at or after it; NULL: none by as_of
-- column seconds: from one to the other, by the clock; 0 in the same second
-- column office_seconds: within office hours; NULL where there is no schedule
-- column replied_week: first day of the local week of the reply
-- column asked_week: of the question
with

settings as (

    select * from settings

),

parts as (

    select *
    from int_conversation_parts__classified
    where is_contact_message
        or (is_human_message and not is_source)

),

office_hours as (

    select * from stg_office_hours

),

ordered as (

    select
        conversation_id,
        part_id,
        is_contact_message,
        created_at as asked_at,
        lead(is_contact_message) over conversation as next_is_contact_message,
        lead(created_at) over conversation as next_at
    from parts
    window conversation as (
        partition by conversation_id
        order by created_at, case when is_contact_message then 0 else 1 end, length(part_id), part_id
    )

),

questions as (

    select
        conversation_id,
        part_id,
        asked_at,
        next_at as replied_at
    from ordered
    where is_contact_message
        and not coalesce(next_is_contact_message, false)

),

final as (

    select
        questions.conversation_id,
        questions.part_id,
        questions.asked_at,
        questions.replied_at,
        seconds_between(questions.asked_at, questions.replied_at) as seconds,
        cast(answered.open_before - asked.open_before as double)
        + answered.is_open * seconds_between(answered.starts_at, questions.replied_at)
        - asked.is_open * seconds_between(asked.starts_at, questions.asked_at) as office_seconds,
        local_week(questions.replied_at, settings.timezone, settings.week_starts) as replied_week,
        local_week(questions.asked_at, settings.timezone, settings.week_starts) as asked_week
    from questions
    cross join settings
    left join office_hours as asked
        on asked.day = cast(questions.asked_at as date)
        and asked.starts_at <= questions.asked_at
        and asked.ends_at > questions.asked_at
    left join office_hours as answered
        on answered.day = cast(questions.replied_at as date)
        and answered.starts_at <= questions.replied_at
        and answered.ends_at > questions.replied_at

)

select * from final
