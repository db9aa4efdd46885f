-- One row per id of the sending system that records gave a company by as_of, and
-- date on which they did.
-- grain: company id, source id, date
select
    settled_company_keys.company_id,
    settled_company_keys.source_id,
    settled_company_keys.first_at
from settled_company_keys
cross join settings
where settled_company_keys.first_at <= settings.as_of
