-- One row per time that a person who is not deleted came into another stage by
-- as_of, or, with stage NULL, out of the one they were in. Of what was said of
-- one instant the newest record counts; the same stage said again is no change.
-- grain: person, change
-- key: person_id, entered_at
-- incremental: person_id
-- touched by settled_person_attributes: select int_person_keys__resolved.person_id
--     from int_person_keys__resolved semi join changed using (key_kind, key)
with

keys as (

    select * from int_person_keys__resolved

),

deletions as (

    select * from int_people__deleted

),

said as (

    select
        keys.person_id,
        stages.value as stage,
        stages.observed_at,
        row_number() over (
            partition by keys.person_id, stages.observed_at
            order by stages.seq desc, stages.value nulls last
        ) as newest_first
    from stg_person_attributes as stages
    inner join keys
        on keys.key_kind = stages.key_kind
        and keys.key = stages.key
        and stages.observed_at >= keys.valid_from
        and stages.observed_at < keys.valid_to
    left join deletions
        on deletions.person_id = keys.person_id
    where stages.name = 'stage'
        and (deletions.person_id is null or not deletions.is_deleted and stages.observed_at > deletions.deleted_at)

),

compared as (

    select
        person_id,
        stage,
        observed_at,
        lag(stage) over (partition by person_id order by observed_at) as former_stage
    from said
    where newest_first = 1

),

final as (

    select
        person_id,
        observed_at as entered_at,
        stage,
        former_stage
    from compared
    where stage is distinct from former_stage

)

select * from final
