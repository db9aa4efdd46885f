-- One row per local day of the week and hour in the workspace's zone, all 168 once
-- there is any contact: how many agents its contacts need, by Erlang C, beside how
-- many are scheduled. The assumptions stand in staffing_settings. The formula is of
-- telephones: agents who write with several people at once, and e-mail that can wait
-- for a quiet hour, bend it.
-- grain: weekday, hour
-- key: weekday, hour
-- order: weekday, hour
-- column weekday: 1 Monday … 7 Sunday
-- column hour: 0 to 23
-- column contacts_per_hour: contacts / occurrences of the hour in the last 56 local days that were over by as_of; NULL where it has not occurred in them
-- column offered_load: contacts_per_hour × handling time, in erlangs: as many are worked on at once on average
-- column agents_needed: on the roster, so that the target is met: the smallest number of places by Erlang C ÷ concurrency ÷ (1 - shrinkage), rounded up. 0 without contacts; NULL where contacts_per_hour is, and above what 1,000 places can take
-- column agents_scheduled: by `cover` of parley.yaml in a usual week, as the clocks stand at as_of; NULL where it names none
-- column gap: agents_needed - agents_scheduled: above 0 so many are missing, below 0 to spare
-- check weekday: range(1, 7)
-- check hour: range(0, 23)
-- check contacts_per_hour: range(0, )
-- check agents_needed: range(0, )
-- check agents_scheduled: range(0, )
with

settings as (

    select * from settings

),

hours as (

    select * from int_staffing__hourly

),

final as (

    select
        hours.weekday,
        hours.hour,
        hours.contacts_per_hour,
        hours.offered_load,
        hours.agents_needed,
        hours.agents_scheduled,
        hours.gap
    from hours
    inner join settings
        on settings.timezone = hours.zone

)

select * from final
