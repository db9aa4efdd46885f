-- One row per key and record, or run of records of one UTC date, that named it
-- by as_of together with the same other keys.
-- grain: key, combination of keys, date
select
    'user_id' as key_kind,
    settled_person_keys.user_id as key,
    settled_person_keys.first_at
from settled_person_keys
cross join settings
where settled_person_keys.first_at <= settings.as_of
    and settled_person_keys.user_id is not null

union all

select
    'email' as key_kind,
    settled_person_keys.email as key,
    settled_person_keys.first_at
from settled_person_keys
cross join settings
where settled_person_keys.first_at <= settings.as_of
    and settled_person_keys.email is not null

union all

select
    'source_id' as key_kind,
    settled_person_keys.source_id as key,
    settled_person_keys.first_at
from settled_person_keys
cross join settings
where settled_person_keys.first_at <= settings.as_of
    and settled_person_keys.source_id is not null

union all

select
    'anonymous_id' as key_kind,
    settled_person_keys.anonymous_id as key,
    settled_person_keys.first_at
from settled_person_keys
cross join settings
where settled_person_keys.first_at <= settings.as_of
    and settled_person_keys.anonymous_id is not null
