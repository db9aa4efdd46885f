-- One row per subscription and record that listed it by as_of. Without a
-- quantity it is one unit, without an interval_count one interval, without a
-- start it began when it was first heard of. interval_unit is NULL for a charge
-- that does not come again.
-- grain: subscription, record
select
    coalesce(int_company_keys__resolved.company_id, settled_subscriptions.company_id) as company_id,
    settled_subscriptions.subscription_id,
    settled_subscriptions.seq,
    nullif(settled_subscriptions.plan, '') as plan,
    upper(nullif(settled_subscriptions.currency, '')) as currency,
    nullif(settled_subscriptions.interval_unit, '') as interval_unit,
    coalesce(settled_subscriptions.interval_count, 1) as interval_count,
    try_cast(settled_subscriptions.amount as decimal(26, 10)) as amount,
    coalesce(try_cast(settled_subscriptions.quantity as decimal(10, 2)), 1) as quantity,
    coalesce(try_cast(settled_subscriptions.discount_percent as decimal(10, 4)), 0) as discount_percent,
    coalesce(try_cast(settled_subscriptions.discount_amount as decimal(26, 10)), 0) as discount_amount,
    coalesce(settled_subscriptions.started_at, settled_subscriptions.valid_from) as started_at,
    settled_subscriptions.ended_at,
    settled_subscriptions.trial_ends_at,
    settled_subscriptions.valid_from
from settled_subscriptions
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_subscriptions.company_id
where settled_subscriptions.valid_from <= settings.as_of
