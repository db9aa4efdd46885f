-- One row per stretch of a UTC day in which the company is open all of the time,
-- or not at all, by the schedule that office hours are counted in; none without one.
-- grain: stretch
-- key: starts_at
-- column open_before: seconds of open time before starts_at; an instant within has had open_before + is_open × (instant - starts_at)
select
    office_hours.day,
    office_hours.starts_at,
    office_hours.ends_at,
    office_hours.is_open,
    office_hours.open_before
from office_hours
