-- One row per person and custom attribute that any record named by as_of, with
-- the newest value by the record's own time. They become columns in
-- person_attributes_wide, which is made of these rows.
-- grain: person, attribute
-- key: person_id, name
-- incremental: person_id
-- touched by settled_person_attributes: select stg_identity.person_id from stg_identity semi join changed using (key_kind, key)
-- column value: as text; NULL: cleared
-- column value_type: text, number, boolean, time, json, or null
with

identity as (

    select * from stg_identity

),

observed as (

    select * from stg_person_custom_attributes

),

ranked as (

    select
        identity.person_id,
        observed.name,
        observed.value,
        observed.value_type,
        row_number() over (
            partition by identity.person_id, observed.name
            order by observed.observed_at desc, observed.seq desc, observed.value desc
        ) as newest_first
    from observed
    inner join identity
        on identity.key_kind = observed.key_kind
        and identity.key = observed.key
        and observed.observed_at >= identity.valid_from
        and observed.observed_at < identity.valid_to

),

final as (

    select
        person_id,
        name,
        value,
        value_type
    from ranked
    where newest_first = 1

)

select * from final
