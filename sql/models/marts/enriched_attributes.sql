-- One row per person or company and attribute on which somebody else than the
-- company has a word, with the one that wins: the first of the attribute's list
-- under enrichment in parley.yaml that has a value. What is not in the list comes
-- after it: what the company itself sends, then the newest. users and companies
-- hold what the company itself sends, whatever wins here.
-- grain: entity, id, attribute
-- key: entity, id, name
-- column entity: person or company
-- column id: person_id or company_id
-- column name: of the attribute
-- column own_value: what the company itself sends, as text; NULL: nothing
-- column value: the one that wins, as text
-- column value_type: of that: text, number, boolean, time or json
-- column source: whose it is; own: the company's
-- column sources: how many have a value, own among them
-- check value: not_null
-- check sources: range(1, )
with

enrichments as (

    select * from enrichments

),

about as (

    select distinct entity, id, name from enrichments

),

own_said as (

    select
        'person' as entity,
        person_attribute_history.person_id as id,
        person_attribute_history.name,
        person_attribute_history.value,
        person_attribute_history.value_type,
        person_attribute_history.observed_at,
        person_attribute_history.seq
    from person_attribute_history
    semi join about
        on about.entity = 'person'
        and about.id = person_attribute_history.person_id
        and about.name = person_attribute_history.name

    union all

    select
        'company' as entity,
        company_attribute_history.company_id as id,
        company_attribute_history.name,
        company_attribute_history.value,
        company_attribute_history.value_type,
        company_attribute_history.observed_at,
        company_attribute_history.seq
    from company_attribute_history
    semi join about
        on about.entity = 'company'
        and about.id = company_attribute_history.company_id
        and about.name = company_attribute_history.name

),

own_ranked as (

    select
        *,
        row_number() over (
            partition by entity, id, name
            order by observed_at desc, seq desc, value desc nulls last
        ) as newest_first
    from own_said

),

own as (

    select entity, id, name, value, value_type, observed_at
    from own_ranked
    where newest_first = 1
        and value is not null

),

candidates as (

    select entity, id, name, source, value, value_type, observed_at, 1 as otherwise
    from enrichments

    union all

    select entity, id, name, 'own' as source, value, value_type, observed_at, 0 as otherwise
    from own

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.entity, candidates.id, candidates.name
            order by
                coalesce(enrichment_choices.position, 1000000),
                candidates.otherwise,
                candidates.observed_at desc,
                candidates.source
        ) as choice,
        count(*) over (partition by candidates.entity, candidates.id, candidates.name) as sources
    from candidates
    left join enrichment_choices
        on enrichment_choices.name = candidates.name
        and enrichment_choices.source = candidates.source

),

final as (

    select
        ranked.entity,
        ranked.id,
        ranked.name,
        own.value as own_value,
        ranked.value,
        ranked.value_type,
        ranked.source,
        cast(ranked.sources as bigint) as sources
    from ranked
    left join own
        on own.entity = ranked.entity
        and own.id = ranked.id
        and own.name = ranked.name
    where ranked.choice = 1

)

select * from final
