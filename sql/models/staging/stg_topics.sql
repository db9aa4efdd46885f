-- One row per tag that names a topic; tag_key is how it is compared, regardless of case.
-- grain: topic
-- key: tag_key
select
    lower(trim(topics.tag)) as tag_key,
    min(trim(topics.tag)) as tag
from topics
where trim(topics.tag) <> ''
group by 1
