-- One row per person whose page views are known, with the page that they landed
-- on first, without what stands behind a question mark or a hash, and the site
-- that they came from.
-- grain: person
-- key: person_id
-- incremental: person_id
-- column landing_page: '(not set)' where the view has no url
-- column referrer_site: host of the first referrer; '(direct)' where there was none
select
    person_id,
    first_touch_at,
    coalesce(nullif(split_part(split_part(landing_page, '?', 1), '#', 1), ''), '(not set)') as landing_page,
    case
        when referrer is null then '(direct)'
        when split_part(referrer, '//', 2) = '' then lower(split_part(split_part(referrer, '/', 1), '?', 1))
        else lower(split_part(split_part(split_part(referrer, '//', 2), '/', 1), '?', 1))
    end as referrer_site,
    coalesce(campaign, '(none)') as campaign
from first_touches
