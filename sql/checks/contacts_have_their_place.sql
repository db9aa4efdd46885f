-- Every contact is counted in repeat_contacts and in contact_tenure, or among what
-- they leave out.
with

totals as (

    select
        (select count(*) from contacts) as contacts,
        (select coalesce(sum(contacts + not_over + unanswered + unnamed), 0) from repeat_contacts) as repeat_contacts,
        (select coalesce(sum(contacts), 0) from contact_tenure) as contact_tenure,
        (select coalesce(sum(n), 0) from left_out where figure = 'contact_tenure') as tenure_left_out,
        (select coalesce(sum(contacts), 0) from repeat_contacts) as contacts_answered,
        (select coalesce(sum(n), 0) from left_out where figure = 'repeat_contacts') as repeat_left_out

)

select * from totals
where contacts <> repeat_contacts
    or contacts <> contact_tenure + tenure_left_out
    or contacts <> contacts_answered + repeat_left_out
