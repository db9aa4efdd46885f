-- One row per time that a record said by as_of that somebody is in a company, or no more.
-- grain: observation
select
    settled_memberships.key_kind,
    settled_memberships.key,
    coalesce(int_company_keys__resolved.company_id, settled_memberships.company_id) as company_id,
    coalesce(settled_memberships.removed, false) as is_removal,
    settled_memberships.at as observed_at
from settled_memberships
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_memberships.company_id
where settled_memberships.at <= settings.as_of
