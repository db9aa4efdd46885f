-- One row per deletion of a user, a company or a conversation by as_of.
-- grain: deletion
select
    settled_tombstones.kind,
    settled_tombstones.key,
    settled_tombstones.at as deleted_at
from settled_tombstones
cross join settings
where settled_tombstones.at <= settings.as_of
