-- One row per UTC date and combination of keys that records of that date named
-- together by as_of.
-- grain: date, user_id, email, source_id, anonymous_id
select
    settled_person_keys.user_id,
    settled_person_keys.email,
    settled_person_keys.source_id,
    settled_person_keys.anonymous_id,
    settled_person_keys.first_at
from settled_person_keys
cross join settings
where settled_person_keys.first_at <= settings.as_of
