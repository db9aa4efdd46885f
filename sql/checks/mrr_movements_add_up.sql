-- Starting and the movements of a month give its ending, exactly: 33 digits and
-- five additions are 38, beyond which Spark cuts fractions.
select
    month,
    currency,
    starting,
    ending
from mrr_monthly
where
    cast(starting as decimal(33, 10))
    + cast(new as decimal(33, 10))
    + cast(reactivation as decimal(33, 10))
    + cast(expansion as decimal(33, 10))
    - cast(contraction as decimal(33, 10))
    - cast(churn as decimal(33, 10)) <> ending
