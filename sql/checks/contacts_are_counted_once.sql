-- Every contact is in one week of contacts_weekly, of first_response_weekly, and
-- in one cell of contacts_by_hour: the totals are the same.
with

totals as (

    select
        (select count(*) from contacts) as contacts,
        (select coalesce(sum(contacts), 0) from contacts_weekly) as weekly,
        (select coalesce(sum(answered + unanswered), 0) from first_response_weekly) as first_responses,
        (select coalesce(sum(contacts), 0) from contacts_by_hour) as hourly

)

select * from totals
where contacts <> weekly
    or contacts <> first_responses
    or contacts <> hourly
