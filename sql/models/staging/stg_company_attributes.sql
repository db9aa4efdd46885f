-- One row per value of a standard attribute of a company, as one record named it
-- by as_of: history, not the present. Custom attributes are not among them:
-- they reach companies by company_attributes_wide.
-- grain: observation
select
    coalesce(int_company_keys__resolved.company_id, settled_company_attributes.company_id) as company_id,
    settled_company_attributes.name,
    settled_company_attributes.value,
    settled_company_attributes.value_type,
    settled_company_attributes.at as observed_at,
    settled_company_attributes.seq
from settled_company_attributes
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_company_attributes.company_id
where settled_company_attributes.at <= settings.as_of
    and not settled_company_attributes.is_custom
