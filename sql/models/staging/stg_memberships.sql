-- One row per time that a record said by as_of that somebody is in a company, or no more.
-- grain: observation
select
    settled_memberships.key_kind,
    settled_memberships.key,
    settled_memberships.company_id,
    coalesce(settled_memberships.removed, false) as is_removal,
    settled_memberships.at as observed_at
from settled_memberships
cross join settings
where settled_memberships.at <= settings.as_of
