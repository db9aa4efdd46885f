-- One row per company that any record named by as_of and that is not deleted,
-- with the newest value of each attribute. After the named columns come the
-- workspace's custom attributes, each with its own type.
-- grain: company
-- key: company_id
-- order: company_id
-- column company_id: its name, where it was only ever named inside a user
-- column name: as sent
-- column plan: as sent
-- column monthly_spend: as sent, of the newest record
-- column currency: that of mrr, or of monthly_spend where the company does not pay
-- column mrr: at as_of, from subscriptions where the company sends them, else from monthly_spend; 0: does not pay. Of several currencies only the one in currency: all stand in mrr_monthly
-- column stage: as sent
-- column stage_since: when it came into the stage that it is in
-- column users: people in it at as_of
-- column sessions: of its people, begun while they were in it
-- column events: that name it, or of its people while they were in it; see company_events_daily
-- column contacts: conversations with it that its people began
-- column created_at: as sent
-- column last_seen_at: latest of its people's last_seen_at and of events that name it
-- check mrr: not_null
-- check users: not_null
-- check sessions: not_null, range(0, )
-- check events: not_null, range(0, )
-- check contacts: not_null, range(0, )
with

described as (

    select * from int_companies__described

),

memberships as (

    select * from memberships

),

people_seen as (

    select
        person_id,
        last_seen_at
    from users

),

company_activity as (

    select
        company_id,
        max(occurred_at) as last_event_at
    from events
    where company_id is not null
    group by company_id

),

visits as (

    select * from int_companies__visited

),

event_counts as (

    select
        company_id,
        cast(sum(events) as bigint) as events
    from company_events_daily
    group by company_id

),

contact_counts as (

    select
        company_id,
        cast(count(*) as bigint) as contacts
    from contacts
    where company_id is not null
    group by company_id

),

stages as (

    select
        id as company_id,
        max(entered_at) as stage_since
    from stage_changes
    where entity = 'company'
        and left_at is null
    group by id

),

months as (

    select max(month_number) as month_number from int_months__spanned

),

paying as (

    select
        int_company_mrr__monthly.company_id,
        int_company_mrr__monthly.currency,
        int_company_mrr__monthly.mrr
    from int_company_mrr__monthly
    inner join months using (month_number)

),

deleted_companies as (

    select * from int_companies__deleted

),

known as (

    select company_id from described
    union
    select company_id from stg_memberships
    union
    select company_id from company_activity
    union
    select company_id from stg_subscription_lists

),

members as (

    select
        memberships.company_id,
        cast(count(*) as bigint) as users,
        max(people_seen.last_seen_at) as last_seen_at
    from memberships
    left join people_seen using (person_id)
    where memberships.left_at is null
    group by memberships.company_id

),

-- Of several currencies the company's own, else the first in the alphabet.
paid as (

    select
        paying.company_id,
        paying.currency,
        paying.mrr,
        row_number() over (
            partition by paying.company_id
            order by case when paying.currency = described.currency then 0 else 1 end, paying.currency
        ) as choice
    from paying
    left join described using (company_id)

),

named as (

    select
        known.company_id,
        described.name,
        described.plan,
        cast(described.monthly_spend as decimal(38, 10)) as monthly_spend,
        coalesce(nullif(paid.currency, ''), described.currency) as currency,
        coalesce(paid.mrr, cast(0 as decimal(38, 10))) as mrr,
        described.stage,
        stages.stage_since,
        coalesce(members.users, 0) as users,
        coalesce(visits.sessions, 0) as sessions,
        coalesce(event_counts.events, 0) as events,
        coalesce(contact_counts.contacts, 0) as contacts,
        described.created_at,
        greatest(
            coalesce(members.last_seen_at, company_activity.last_event_at),
            coalesce(company_activity.last_event_at, members.last_seen_at)
        ) as last_seen_at
    from known
    left join described using (company_id)
    left join members using (company_id)
    left join company_activity using (company_id)
    left join visits using (company_id)
    left join event_counts using (company_id)
    left join contact_counts using (company_id)
    left join stages using (company_id)
    left join paid
        on paid.company_id = known.company_id
        and paid.choice = 1
    anti join deleted_companies
        on deleted_companies.company_id = known.company_id

)

select *
from named
left join company_attributes_wide using (company_id)
