-- One row per stage that a person or a company has been in, and when: lead, SQL,
-- customer, … as the workspace names them. A stage that comes again has a row
-- again. Deleted people and companies are not in it.
-- grain: entity, id, stage entered
-- key: entity, id, entered_at
-- incremental: entity, id
-- touched by int_person_stages__changed: select 'person' as entity, changed.person_id as id from changed
-- touched by int_company_stages__changed: select 'company' as entity, changed.company_id as id from changed
-- column entity: person or company
-- column id: person_id or company_id
-- column stage: as sent
-- column former_stage: the one before; NULL: none
-- column entered_at: from when on records say it, by their own time
-- column left_at: when they first said another, or none; NULL: still in it
-- column next_stage: the one after; NULL: none, or still in this one
-- column seconds: how long; NULL: still in it, so that it is not known yet
-- check stage: not_null
-- check entity: accepted(person, company)
-- check seconds: range(0, )
with

changes as (

    select
        'person' as entity,
        person_id as id,
        entered_at,
        stage,
        former_stage
    from int_person_stages__changed

    union all

    select
        'company' as entity,
        company_id as id,
        entered_at,
        stage,
        former_stage
    from int_company_stages__changed

),

followed as (

    select
        *,
        lead(entered_at) over (partition by entity, id order by entered_at) as left_at,
        lead(stage) over (partition by entity, id order by entered_at) as next_stage
    from changes

),

final as (

    select
        entity,
        id,
        stage,
        former_stage,
        entered_at,
        left_at,
        next_stage,
        seconds_between(entered_at, left_at) as seconds
    from followed
    where stage is not null

)

select * from final
