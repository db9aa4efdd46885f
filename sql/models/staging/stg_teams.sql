-- One row per tag that names a team; tag_key is how it is compared, regardless of case.
-- grain: team
-- key: tag_key
select
    lower(trimmed(teams.tag)) as tag_key,
    min(trimmed(teams.tag)) as tag
from teams
where trimmed(teams.tag) <> ''
group by 1
