-- One row per merge of two people, or undoing of one, that had come by as_of.
-- grain: merge
select
    settled_merges.into_kind,
    settled_merges.into_key,
    settled_merges.from_kind,
    settled_merges.from_key,
    settled_merges.merged_at,
    settled_merges.merged_by,
    settled_merges.undo as is_undone
from settled_merges
cross join settings
where settled_merges.merged_at <= settings.as_of
