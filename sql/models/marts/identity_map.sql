-- One row per key by which records ever named somebody and span of days: whose it
-- is, and why. Facts keep the key they came with and find their person here; a key
-- that moves on to somebody else has a row for each. Days are UTC dates.
-- A user_id is a person. A key that was seen with one user_id is theirs, at all
-- times; one that was seen with several moves on the day on which it was first seen
-- with the next, or is shared while they have it at once. Keys never seen with a
-- user_id but with each other are one person, a lead. sql/models/README.md has it all.
-- grain: key, span of days
-- key: key_kind, key, valid_from
-- incremental: key_kind, key
-- column key_kind: user_id, email, source_id or anonymous_id
-- column key: as sent; an e-mail address in small letters
-- column person_id: whose it is: u:, e:, s: or a: and that person's strongest key
-- column user_id: of that person; NULL for leads, visitors and the deleted
-- column valid_from: start of the first day on which it is theirs; NULL: nobody had it before
-- column valid_to: start of the first day on which it is no more; NULL: it still is
-- column why: itself (a user_id, or nothing else is known of them), seen (with their user_id), linked (seen with other keys of theirs), lead (seen with other keys, none of them a user_id's), shared, stopped or odd (it joins nobody: see identity_conflicts), merged (by a merge)
-- check key_kind: accepted(user_id, email, source_id, anonymous_id)
-- check person_id: not_null
-- check why: accepted(itself, seen, linked, lead, shared, stopped, odd, merged)
select
    key_kind,
    key,
    person_id,
    user_id,
    case when valid_from > parse_instant('0001-01-01T00:00:00Z') then valid_from end as valid_from,
    case when not is_current then valid_to end as valid_to,
    why
from int_person_keys__resolved
