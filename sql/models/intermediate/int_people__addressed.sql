-- One row per person of whose events one names the address that it came from,
-- with that of the latest.
-- grain: person
-- key: person_id
-- incremental: person_id
with

ranked as (

    select
        person_id,
        ip,
        row_number() over (partition by person_id order by occurred_at desc, event_id desc) as newest_first
    from events
    where ip is not null

),

final as (

    select
        person_id,
        ip
    from ranked
    where newest_first = 1

)

select * from final
