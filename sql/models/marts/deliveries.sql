-- One row per message, person and entry about which anything was decided, with
-- the latest decision. Every one stands in delivery_decisions.
-- grain: message, person, entry
-- key: message, person_id, entry
-- column message: which message
-- column person_id: to whom
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column email: address at the time
-- column entry: which entry into the segment it is about; "once" for messages that go once to a person
-- column segment: the segment that was entered
-- column channel: email, …
-- column decision: the latest
-- column reason: of the latest decision, in words, where there is one
-- column subject: as it was sent
-- column decisions: how many there were
-- column decided_at: when the latest was taken
-- column sent_at: when it left; NULL: it has not
-- check person_id: not_null
-- check decision: not_null
with

decisions as (

    select * from delivery_decisions

),

ranked as (

    select
        *,
        row_number() over (
            partition by message, person_id, entry
            order by decided_at desc, decision_id desc
        ) as newest_first,
        count(*) over (partition by message, person_id, entry) as decisions,
        max(sent_at) over (partition by message, person_id, entry) as last_sent_at
    from decisions

),

final as (

    select
        message,
        person_id,
        user_id,
        email,
        entry,
        segment,
        channel,
        decision,
        reason,
        subject,
        cast(decisions as bigint) as decisions,
        decided_at,
        last_sent_at as sent_at
    from ranked
    where newest_first = 1

)

select * from final
