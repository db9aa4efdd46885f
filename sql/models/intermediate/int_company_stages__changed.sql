-- One row per time that a company that is not deleted came into another stage by
-- as_of, or, with stage NULL, out of the one it was in: as of people. A record
-- newer than a deletion brings the company back, with nothing older.
-- grain: company, change
-- key: company_id, entered_at
-- incremental: company_id
-- touched by settled_tombstones: select changed.key from changed where changed.kind = 'companies'
-- touched by int_company_keys__resolved: select changed.source_id from changed union all select changed.company_id from changed
with

deletions as (

    select
        key as company_id,
        max(deleted_at) as deleted_at
    from stg_tombstones
    where kind = 'companies'
    group by key

),

said as (

    select
        stages.company_id,
        stages.value as stage,
        stages.observed_at,
        row_number() over (
            partition by stages.company_id, stages.observed_at
            order by stages.seq desc, stages.value nulls last
        ) as newest_first
    from stg_company_attributes as stages
    left join deletions
        on deletions.company_id = stages.company_id
    where stages.name = 'stage'
        and (deletions.deleted_at is null or stages.observed_at > deletions.deleted_at)

),

compared as (

    select
        company_id,
        stage,
        observed_at,
        lag(stage) over (partition by company_id order by observed_at) as former_stage
    from said
    where newest_first = 1

),

final as (

    select
        company_id,
        observed_at as entered_at,
        stage,
        former_stage
    from compared
    where stage is distinct from former_stage

)

select * from final
