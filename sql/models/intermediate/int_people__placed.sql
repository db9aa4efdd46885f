-- One row per person whose place is known by an internet address: that of their
-- latest event with one, else the newest that records of them say.
-- grain: person
-- key: person_id
-- incremental: person_id
-- touched by address_places: select int_people__addressed.person_id from int_people__addressed semi join changed using (ip)
--     union all select int_people__described.person_id from int_people__described semi join changed using (ip)
with

addresses as (

    select
        int_people__described.person_id,
        coalesce(int_people__addressed.ip, int_people__described.ip) as ip
    from int_people__described
    left join int_people__addressed using (person_id)

),

final as (

    select
        addresses.person_id,
        stg_address_places.city,
        stg_address_places.country,
        stg_address_places.timezone
    from addresses
    inner join stg_address_places
        on stg_address_places.ip = addresses.ip
    where stg_address_places.country is not null

)

select * from final
