-- One row per key by which records named somebody by as_of, and whose it is.
-- key_id is the key with the letter of its kind before it, the form of a person_id.
-- grain: key
select
    identity.key_kind,
    identity.key,
    substring(identity.key_kind, 1, 1) || ':' || identity.key as key_id,
    identity.person_id
from identity
