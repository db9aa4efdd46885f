-- One row per custom attribute of people or companies that any record named by
-- as_of. Its column in users or companies has the type that the newest values
-- of all are of. Where these are of several types there is a conflict: the column
-- is text then, so that nothing is lost, and whoever sends the fewer is counted.
-- grain: entity, attribute
-- key: entity, name
-- order: entity, name
-- column entity: person or company
-- column name: as it was sent, in small letters
-- column column_name: its column in users or companies: the name, behind custom_ where a column of ours is called so
-- column type: of that column: text, number, boolean, time, or json (an object or a list, as text); text too where all have cleared it
-- column first_seen_at: the earliest record that names it, by the record's own time
-- column last_seen_at: the newest
-- column observations: how often records have named it
-- column filled: people or companies that have a value now
-- column conflicts: those of them whose value is of another type than most; 0: all are of one
-- column value_types: how many have a value of each type, as number 12, text 3; NULL: nobody has one
-- check type: accepted(text, number, boolean, time, json)
-- check filled: not_null, range(0, )
-- check conflicts: not_null, range(0, )
with

attributes as (

    select * from attribute_columns

),

observed as (

    select
        'person' as entity,
        name,
        observations,
        first_at,
        last_at
    from int_person_attributes__observed

    union all

    select
        'company' as entity,
        name,
        observations,
        first_at,
        last_at
    from int_company_attributes__observed

),

seen as (

    select
        entity,
        name,
        cast(sum(observations) as bigint) as observations,
        min(first_at) as first_seen_at,
        max(last_at) as last_seen_at
    from observed
    group by entity, name

),

final as (

    select
        attributes.entity,
        attributes.name,
        attributes.column_name,
        attributes.type,
        seen.first_seen_at,
        seen.last_seen_at,
        coalesce(seen.observations, 0) as observations,
        attributes.filled,
        attributes.conflicts,
        attributes.value_types
    from attributes
    left join seen
        on seen.entity = attributes.entity
        and seen.name = attributes.name

)

select * from final
