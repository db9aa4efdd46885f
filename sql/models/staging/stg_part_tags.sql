-- One row per tag of a part, or of a conversation as a whole (part_id NULL). Tags
-- of conversations come without a time, so those that are known are seen at any as_of.
-- grain: tagging
select distinct
    settled_part_tags.conversation_id,
    nullif(settled_part_tags.part_id, '') as part_id,
    trimmed(settled_part_tags.tag) as tag
from settled_part_tags
where trimmed(settled_part_tags.tag) <> ''
