-- One row per internet address that the workspace's database was asked about, and
-- where it is; no row where the workspace has no database.
-- grain: address
-- key: ip
select
    address_places.ip,
    nullif(address_places.city, '') as city,
    nullif(address_places.country, '') as country,
    nullif(address_places.timezone, '') as timezone
from address_places
