-- Every conversation is a contact, or is counted among what contacts leave out.
with

totals as (

    select
        (select count(*) from conversations) as conversations,
        (select count(*) from contacts) as contacts,
        (select coalesce(sum(n), 0) from left_out where figure = 'contacts_weekly') as left_out

)

select * from totals
where conversations <> contacts + left_out
