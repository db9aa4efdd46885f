-- Whoever has a user_id in events, sessions or contacts stands in users under it.
with

named as (

    select person_id, user_id from sessions where user_id is not null
    union
    select person_id, user_id from contacts where user_id is not null
    union
    select person_id, user_id from memberships where user_id is not null

)

select
    named.person_id,
    named.user_id
from named
anti join users
    on users.person_id = named.person_id
    and users.user_id = named.user_id
