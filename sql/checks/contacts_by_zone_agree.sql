-- Each zone holds every contact once.
select
    contacts_by_hour_zones.zone,
    sum(contacts_by_hour_zones.contacts) as contacts
from contacts_by_hour_zones
group by contacts_by_hour_zones.zone
having sum(contacts_by_hour_zones.contacts) <> (select count(*) from contacts)
