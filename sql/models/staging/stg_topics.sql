-- One row per tag that names a topic; tag_key is how it is compared, regardless of case.
-- grain: topic
-- key: tag_key
select
    lower(trimmed(topics.tag)) as tag_key,
    min(trimmed(topics.tag)) as tag
from topics
where trimmed(topics.tag) <> ''
group by 1
