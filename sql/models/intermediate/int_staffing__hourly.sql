-- One row per zone (the workspace's and the reports'), local day of the week and
-- hour: agents needed beside agents scheduled. The number of places comes from a
-- table of what each number of them can take, which is computed by Erlang C before
-- the models run.
-- grain: zone, weekday, hour
-- key: zone, weekday, hour
with

hours as (

    select
        zone,
        weekday,
        hour,
        cast(recent_contacts as double) / nullif(recent_occurrences, 0) as contacts_per_hour
    from int_contacts__hourly

),

assumptions as (

    select * from staffing_settings

),

capacity as (

    select * from staffing_capacity

),

cover as (

    select * from cover_hours

),

rates as (

    select distinct contacts_per_hour from hours where contacts_per_hour > 0

),

places as (

    select
        rates.contacts_per_hour,
        min(capacity.places) as places
    from rates
    inner join capacity
        on capacity.contacts_per_hour >= rates.contacts_per_hour
    group by rates.contacts_per_hour

),

-- What is whole but for the last bits of a division is whole.
needed as (

    select
        hours.zone,
        hours.weekday,
        hours.hour,
        hours.contacts_per_hour,
        hours.contacts_per_hour * assumptions.handling_seconds / 3600 as offered_load,
        cast(
            case
                when hours.contacts_per_hour = 0 then 0
                else ceil(places.places / assumptions.concurrency / (1 - assumptions.shrinkage) - 0.000000001)
            end as bigint
        ) as agents_needed
    from hours
    cross join assumptions
    left join places using (contacts_per_hour)

),

final as (

    select
        needed.zone,
        needed.weekday,
        needed.hour,
        needed.contacts_per_hour,
        needed.offered_load,
        needed.agents_needed,
        cover.agents as agents_scheduled,
        needed.agents_needed - cover.agents as gap
    from needed
    left join cover
        on cover.zone = needed.zone
        and cover.weekday = needed.weekday
        and cover.hour = needed.hour

)

select * from final
