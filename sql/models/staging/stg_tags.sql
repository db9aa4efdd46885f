-- One row per time that a person or a company was tagged, or untagged, by as_of.
-- grain: tagging
select
    nullif(settled_tags.key_kind, '') as key_kind,
    nullif(settled_tags.key, '') as key,
    coalesce(int_company_keys__resolved.company_id, nullif(settled_tags.company_id, '')) as company_id,
    trimmed(settled_tags.tag) as tag,
    nullif(settled_tags.tagged_by, '') as tagged_by,
    coalesce(settled_tags.removed, false) as is_removal,
    settled_tags.tagged_at
from settled_tags
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_tags.company_id
where settled_tags.tagged_at <= settings.as_of
    and trimmed(settled_tags.tag) <> ''
