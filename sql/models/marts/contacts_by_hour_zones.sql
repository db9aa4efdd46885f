-- One row per zone of the reports, local day of the week and hour: all 168 of
-- each zone once there is any contact.
-- Occurrences are how often the zone's clock ran through the hour, or a part of
-- it, from the first contact's local day to as_of: an hour that the clock skips
-- in spring is one fewer, one that it runs through again in autumn one more.
-- grain: zone, weekday, hour
-- key: zone, weekday, hour
-- order: zone, weekday, hour
-- column zone: IANA name
-- column weekday: 1 Monday … 7 Sunday
-- column hour: 0 to 23
-- column contacts: in all; 0 where there was none
-- column occurrences: see above
-- column contacts_per_occurrence: contacts / occurrences; NULL where the hour has not occurred yet
-- check zone: not_null
-- check weekday: range(1, 7)
-- check hour: range(0, 23)
-- check contacts: not_null, range(0, )
-- check occurrences: not_null, range(0, )
with

zones as (

    select * from int_contacts__hourly

),

report_zones as (

    select distinct zone from report_zones

),

final as (

    select
        zones.zone,
        zones.weekday,
        zones.hour,
        zones.contacts,
        zones.occurrences,
        zones.contacts_per_occurrence
    from zones
    inner join report_zones using (zone)

)

select * from final
