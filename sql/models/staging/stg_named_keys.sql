-- One row per settled record of keys and key that it names, by as_of.
-- grain: record, key
select 'user_id' as key_kind, user_id as key, first_at
from stg_person_keys
where user_id is not null

union all

select 'email' as key_kind, email as key, first_at
from stg_person_keys
where email is not null

union all

select 'source_id' as key_kind, source_id as key, first_at
from stg_person_keys
where source_id is not null

union all

select 'anonymous_id' as key_kind, anonymous_id as key, first_at
from stg_person_keys
where anonymous_id is not null
