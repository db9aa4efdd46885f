-- One row per person with whom messages went to or fro by as_of.
-- grain: person
-- key: person_id
-- incremental: person_id
-- touched by int_conversation_parts__classified: select int_conversations__kept.person_id
--     from int_conversations__kept semi join changed using (conversation_id)
-- column last_heard_from_at: their latest contact message
-- column last_personal_at: our latest manual message or teammate's reply: personal contact
-- column last_contacted_at: our latest message that was sent, by hand or not
with

conversations as (

    select * from int_conversations__kept

),

parts as (

    select * from int_conversation_parts__classified

),

deliveries as (

    select * from delivery_decisions where decision = 'sent'

),

exchanged as (

    select
        conversations.person_id,
        parts.is_contact_message,
        parts.is_human_message,
        parts.is_our_message,
        parts.created_at as exchanged_at
    from parts
    inner join conversations using (conversation_id)
    where parts.is_contact_message or parts.is_our_message

    union all

    select
        person_id,
        false as is_contact_message,
        false as is_human_message,
        true as is_our_message,
        coalesce(sent_at, decided_at) as exchanged_at
    from deliveries

),

final as (

    select
        person_id,
        max(case when is_contact_message then exchanged_at end) as last_heard_from_at,
        max(case when is_human_message then exchanged_at end) as last_personal_at,
        max(case when is_our_message then exchanged_at end) as last_contacted_at
    from exchanged
    group by person_id

)

select * from final
