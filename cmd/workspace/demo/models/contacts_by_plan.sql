-- One row per plan: contacts by the plan that the company has today.
-- An example of a model of a company's own: it may read every mart, and becomes one.
-- grain: plan
-- key: plan
-- column plan: the company's plan; 'none' where the contact has no company, or it no plan
-- column contacts: contacts of all time
select
    coalesce(companies.plan, 'none') as plan,
    count(*) as contacts
from contacts
left join companies using (company_id)
group by all
