-- One row per local day of the week and hour in the workspace's zone, all 168 of
-- them once there is any contact. How occurrences are counted stands in
-- contacts_by_hour_zones.
-- grain: weekday, hour
-- key: weekday, hour
-- order: weekday, hour
-- column weekday: 1 Monday … 7 Sunday
-- column hour: 0 to 23
-- column contacts: in all; 0 where there was none
-- column occurrences: how often the local clock ran through this hour, from the day of the first contact to as_of
-- column contacts_per_occurrence: contacts / occurrences; NULL where the hour has not occurred yet
-- check weekday: range(1, 7)
-- check hour: range(0, 23)
-- check contacts: not_null, range(0, )
-- check occurrences: not_null, range(0, )
with

settings as (

    select * from settings

),

zones as (

    select * from int_contacts__hourly

),

final as (

    select
        zones.weekday,
        zones.hour,
        zones.contacts,
        zones.occurrences,
        zones.contacts_per_occurrence
    from zones
    inner join settings
        on settings.timezone = zones.zone

)

select * from final
