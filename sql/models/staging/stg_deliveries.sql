-- One row per decision about a message to a person, taken by as_of.
-- grain: decision
select
    settled_deliveries.decision_id,
    settled_deliveries.message,
    settled_deliveries.person_id as decided_person_id,
    settled_deliveries.email,
    settled_deliveries.entry,
    settled_deliveries.segment,
    settled_deliveries.channel,
    settled_deliveries.decision,
    settled_deliveries.reason,
    settled_deliveries.subject,
    settled_deliveries.decided_at,
    settled_deliveries.sent_at
from settled_deliveries
cross join settings
where settled_deliveries.decided_at <= settings.as_of
