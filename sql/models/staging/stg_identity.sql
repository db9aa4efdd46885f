-- One row per key by which records named somebody by as_of and span of days, and
-- whose it is then. key_id is the key with the letter of its kind before it, the
-- form of a person_id.
-- grain: key, span of days
select
    identity.key_kind,
    identity.key,
    substring(identity.key_kind, 1, 1) || ':' || identity.key as key_id,
    identity.person_id,
    coalesce(identity.valid_from, parse_instant('0001-01-01T00:00:00Z')) as valid_from,
    coalesce(identity.valid_to, parse_instant('9999-12-31T23:59:59.999999Z')) as valid_to,
    identity.valid_to is null as is_current,
    coalesce(identity.why, 'itself') as why
from identity
