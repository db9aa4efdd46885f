-- One row per author whom the workspace names as a bot, by name or as "id:…", in small letters.
-- grain: bot
-- key: bot
select distinct lower(trimmed(bots.bot)) as bot
from bots
where trimmed(bots.bot) <> ''
