-- One row per UTC date, custom attribute of people and type of its values: how
-- often records of that date said one.
-- grain: date, attribute, type
-- key: observed_on, name, value_type
-- incremental: date(observed_on) of settled_person_attributes
select
    local_date(observed_at, 'UTC') as observed_on,
    name,
    value_type,
    cast(count(*) as bigint) as observations,
    min(observed_at) as first_at,
    max(observed_at) as last_at
from stg_person_custom_attributes
group by 1, 2, 3
