-- Starting and the movements of a month give its ending, exactly.
select
    month,
    currency,
    starting,
    ending
from mrr_monthly
where starting + new + reactivation + expansion - contraction - churn <> ending
