-- One row per company whose people have had a session while they were in it.
-- grain: company
-- key: company_id
-- incremental: company_id
-- touched by sessions: select memberships.company_id from memberships semi join changed using (person_id)
select
    memberships.company_id,
    cast(count(*) as bigint) as sessions
from memberships
inner join sessions
    on sessions.person_id = memberships.person_id
    and memberships.joined_at <= sessions.started_at
    and (memberships.left_at is null or memberships.left_at > sessions.started_at)
group by memberships.company_id
