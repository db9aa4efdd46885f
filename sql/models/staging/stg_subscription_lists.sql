-- One row per record that listed a company's subscriptions by as_of, also if it listed none.
-- grain: record
-- key: company_id, valid_from, seq
select
    coalesce(int_company_keys__resolved.company_id, settled_subscription_lists.company_id) as company_id,
    settled_subscription_lists.seq,
    settled_subscription_lists.subscriptions,
    settled_subscription_lists.valid_from
from settled_subscription_lists
cross join settings
left join int_company_keys__resolved on int_company_keys__resolved.source_id = settled_subscription_lists.company_id
where settled_subscription_lists.valid_from <= settings.as_of
