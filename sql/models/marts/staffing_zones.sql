-- One row per zone of the reports, local day of the week and hour: what staffing says
-- of the workspace's zone, by the clocks of the others.
-- grain: zone, weekday, hour
-- key: zone, weekday, hour
-- order: zone, weekday, hour
-- column zone: IANA name
-- column weekday: 1 Monday … 7 Sunday
-- column hour: 0 to 23
-- column contacts_per_hour: contacts / occurrences of the hour in the last 56 local days that were over by as_of; NULL where it has not occurred in them
-- column offered_load: contacts_per_hour × handling time, in erlangs: as many are worked on at once on average
-- column agents_needed: on the roster, so that the target is met: the smallest number of places by Erlang C ÷ concurrency ÷ (1 - shrinkage), rounded up. 0 without contacts; NULL where contacts_per_hour is, and above what 1,000 places can take
-- column agents_scheduled: by `cover` of parley.yaml in a usual week, as the clocks stand at as_of; NULL where it names none
-- column gap: agents_needed - agents_scheduled: above 0 so many are missing, below 0 to spare
-- check zone: not_null
-- check weekday: range(1, 7)
-- check hour: range(0, 23)
-- check contacts_per_hour: range(0, )
-- check agents_needed: range(0, )
-- check agents_scheduled: range(0, )
with

hours as (

    select * from int_staffing__hourly

),

report_zones as (

    select distinct zone from report_zones

),

final as (

    select
        hours.zone,
        hours.weekday,
        hours.hour,
        hours.contacts_per_hour,
        hours.offered_load,
        hours.agents_needed,
        hours.agents_scheduled,
        hours.gap
    from hours
    inner join report_zones using (zone)

)

select * from final
