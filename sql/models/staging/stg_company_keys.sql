-- One row per id of the sending system that stands for one company_id by as_of:
-- Intercom's contacts name their companies by it. An id that stands for several
-- companies, or that is a company_id itself, stands for none. A pair has a row
-- for each date on which it was seen.
-- grain: source id
-- key: source_id
select
    settled_company_keys.source_id,
    min(settled_company_keys.company_id) as company_id
from settled_company_keys
cross join settings
left join settled_company_keys as own_ids
    on own_ids.company_id = settled_company_keys.source_id
    and own_ids.company_id is distinct from own_ids.source_id
where settled_company_keys.first_at <= settings.as_of
    and settled_company_keys.source_id <> settled_company_keys.company_id
    and own_ids.company_id is null
group by settled_company_keys.source_id
having count(distinct settled_company_keys.company_id) = 1
