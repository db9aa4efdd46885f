-- Who signed up is mature, or is left out of first_week_contact, and is followed to
-- their first contact, or is left out of time_to_first_contact: both come to the same
-- number of people.
with

totals as (

    select
        (select coalesce(sum(mature_users), 0) from first_week_contact) as mature,
        (select coalesce(sum(n), 0) from left_out where figure = 'first_week_contact') as immature,
        (select coalesce(sum(contacted + censored), 0) from time_to_first_contact) as followed,
        (select coalesce(sum(n), 0) from left_out where figure = 'time_to_first_contact') as not_followed

)

select * from totals
where mature + immature <> followed + not_followed
