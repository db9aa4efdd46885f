-- One row per conversation that was there by as_of; one whose start no record
-- named is there from its first part on. What changes in the course of a
-- conversation is taken from its parts, so that a state that was sent later
-- than as_of is not seen.
-- grain: conversation
select
    settled_conversations.conversation_id,
    nullif(settled_conversations.key_kind, '') as key_kind,
    nullif(settled_conversations.key, '') as key,
    coalesce(int_company_keys__resolved.company_id, nullif(settled_conversations.company_id, '')) as company_id,
    nullif(settled_conversations.channel, '') as channel,
    nullif(settled_conversations.subject, '') as subject,
    nullif(settled_conversations.url, '') as url,
    case
        when settled_conversations.updated_at <= settings.as_of then lower(nullif(settled_conversations.state, ''))
    end as sent_state,
    settled_conversations.created_at
from settled_conversations
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_conversations.company_id
where settled_conversations.created_at is null
    or settled_conversations.created_at <= settings.as_of
