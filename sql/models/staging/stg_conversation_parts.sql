-- One row per part of a conversation that was there by as_of.
-- grain: part
select
    settled_conversation_parts.conversation_id,
    settled_conversation_parts.part_id,
    lower(nullif(settled_conversation_parts.part_type, '')) as part_type,
    lower(nullif(settled_conversation_parts.author_type, '')) as author_type,
    nullif(settled_conversation_parts.author_id, '') as author_id,
    nullif(settled_conversation_parts.author_name, '') as author_name,
    nullif(settled_conversation_parts.author_email, '') as author_email,
    nullif(settled_conversation_parts.assigned_to, '') as assigned_to,
    lower(nullif(settled_conversation_parts.delivered_as, '')) as delivered_as,
    settled_conversation_parts.body,
    coalesce(settled_conversation_parts.has_text, false) as has_text,
    coalesce(settled_conversation_parts.is_reply, false) as is_marked_reply,
    coalesce(settled_conversation_parts.is_source, false) as is_source,
    settled_conversation_parts.created_at
from settled_conversation_parts
cross join settings
where settled_conversation_parts.created_at <= settings.as_of
