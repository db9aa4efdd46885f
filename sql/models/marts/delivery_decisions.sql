-- One row per decision about a message to a person. The person is who they are
-- today, also if they were somebody else's e-mail address or cookie when it was taken.
-- grain: decision
-- key: decision_id
-- column decision_id: hash of message, person, entry and decision
-- column message: which message
-- column person_id: to whom
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column email: address at the time
-- column entry: which entry into the segment it is about; "once" for messages that go once to a person
-- column segment: the segment that was entered
-- column channel: email, …
-- column decision: sent, unsubscribed, no_address, failed, …
-- column reason: in words, where there is one
-- column subject: as it was sent
-- column decided_at: when it was taken
-- column sent_at: when it left; NULL unless sent
-- check person_id: not_null
-- check message: not_null
-- check decision: not_null
-- check decided_at: not_null
with

deliveries as (

    select * from stg_deliveries

),

keys as (

    select * from int_person_keys__resolved

),

final as (

    select
        deliveries.decision_id,
        deliveries.message,
        coalesce(keys.person_id, deliveries.decided_person_id) as person_id,
        keys.user_id,
        deliveries.email,
        deliveries.entry,
        deliveries.segment,
        deliveries.channel,
        deliveries.decision,
        deliveries.reason,
        deliveries.subject,
        deliveries.decided_at,
        deliveries.sent_at
    from deliveries
    left join keys
        on keys.key_id = deliveries.decided_person_id
        and deliveries.decided_at >= keys.valid_from
        and deliveries.decided_at < keys.valid_to

)

select * from final
