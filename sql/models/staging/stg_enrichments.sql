-- One row per value that somebody else than the company said of an attribute by
-- as_of: history, not the present.
-- grain: observation
select
    nullif(settled_enrichments.key_kind, '') as key_kind,
    nullif(settled_enrichments.key, '') as key,
    coalesce(int_company_keys__resolved.company_id, nullif(settled_enrichments.company_id, '')) as company_id,
    settled_enrichments.source,
    settled_enrichments.name,
    settled_enrichments.value,
    settled_enrichments.value_type,
    settled_enrichments.at as observed_at,
    settled_enrichments.seq
from settled_enrichments
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_enrichments.company_id
where settled_enrichments.at <= settings.as_of
