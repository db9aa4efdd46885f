-- One row per author whom the workspace names as a bot, by name or as "id:…", in small letters.
-- grain: bot
-- key: bot
select distinct lower(trim(bots.bot)) as bot
from bots
where trim(bots.bot) <> ''
