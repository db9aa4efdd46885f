-- One row per person or company, source and attribute: what others than the
-- company say of them, the newest by the record's own time. It stands beside what
-- the company sends and changes nothing of it; which of them wins says
-- enriched_attributes. Social profiles of user records are the source social_profiles.
-- Of the deleted nothing is told that is not newer than the deletion.
-- grain: entity, id, source, attribute
-- key: entity, id, source, name
-- column entity: person or company
-- column id: person_id or company_id
-- column source: who says it
-- column name: of the attribute, in small letters
-- column value: as text
-- column value_type: text, number, boolean, time or json
-- column observed_at: from when on it holds
-- check entity: accepted(person, company)
-- check value: not_null
with

keys as (

    select * from int_person_keys__resolved

),

deleted_people as (

    select * from int_people__deleted

),

deleted_companies as (

    select
        key as company_id,
        max(deleted_at) as deleted_at
    from stg_tombstones
    where kind = 'companies'
    group by key

),

said as (

    select
        'person' as entity,
        keys.person_id as id,
        stg_enrichments.source,
        stg_enrichments.name,
        stg_enrichments.value,
        stg_enrichments.value_type,
        stg_enrichments.observed_at,
        stg_enrichments.seq
    from stg_enrichments
    inner join keys
        on keys.key_kind = stg_enrichments.key_kind
        and keys.key = stg_enrichments.key
        and stg_enrichments.observed_at >= keys.valid_from
        and stg_enrichments.observed_at < keys.valid_to
    left join deleted_people
        on deleted_people.person_id = keys.person_id
    where deleted_people.person_id is null
        or not deleted_people.is_deleted and stg_enrichments.observed_at > deleted_people.deleted_at

    union all

    select
        'company' as entity,
        stg_enrichments.company_id as id,
        stg_enrichments.source,
        stg_enrichments.name,
        stg_enrichments.value,
        stg_enrichments.value_type,
        stg_enrichments.observed_at,
        stg_enrichments.seq
    from stg_enrichments
    left join deleted_companies
        on deleted_companies.company_id = stg_enrichments.company_id
    where stg_enrichments.company_id is not null
        and (deleted_companies.deleted_at is null or stg_enrichments.observed_at > deleted_companies.deleted_at)

),

ranked as (

    select
        *,
        row_number() over (
            partition by entity, id, source, name
            order by observed_at desc, seq desc, value nulls last
        ) as newest_first
    from said

),

final as (

    select
        entity,
        id,
        source,
        name,
        value,
        value_type,
        observed_at
    from ranked
    where newest_first = 1
        and value is not null

)

select * from final
