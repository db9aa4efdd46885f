package reports

import (
	"slices"
	"strings"

	"parley/sql/warehouse"
)

// zoneQuery gives the same as contacts_by_hour_zones, of a zone that the build has
// not: the instants from the first contact's local day to as_of are gone through by
// quarters of an hour, for the clocks of every zone stand so from each other.
const zoneQuery = `with span as (
    select day_start(local_date(min(contacts.contacted_at), ZONE), ZONE) as first_at, max(settings.as_of) as as_of
    from contacts cross join settings
),
clock as (
    select local_time(quarter, ZONE) as now_local, lag(local_time(quarter, ZONE)) over (order by quarter) as former_local
    from (select unnest(generate_series(first_at, as_of - interval 1 microsecond, interval 15 minute)) as quarter from span)
),
occurred as (
    select iso_weekday(cast(now_local as date)) as weekday, cast(hour(now_local) as integer) as hour, count(*) as occurrences
    from clock
    where former_local is null or date_trunc('hour', now_local) <> date_trunc('hour', former_local) or now_local < former_local
    group by 1, 2
),
counted as (
    select iso_weekday(local_date(contacted_at, ZONE)) as weekday, local_hour(contacted_at, ZONE) as hour, count(*) as contacts
    from contacts
    group by 1, 2
)
select ZONE as zone, hours.weekday, hours.hour, coalesce(contacts, 0) as contacts, coalesce(occurrences, 0) as occurrences,
    contacts_per_occurrence
from (select weekday, hour from contacts_by_hour) as hours
left join occurred on occurred.weekday = hours.weekday and occurred.hour = hours.hour
left join counted on counted.weekday = hours.weekday and counted.hour = hours.hour
cross join lateral (select coalesce(contacts, 0) / nullif(occurrences, 0)::double as contacts_per_occurrence)`

const knownZonesQuery = `select distinct zone from contacts_by_hour_zones order by zone`

// furtherZones are those that were asked for and that the build has not.
func (d *desk) furtherZones() ([]string, error) {
	if len(d.zones) == 0 {
		return nil, nil
	}
	known, err := ask(d, knownZonesQuery, func(r row) string { return r.text("zone") })
	known = append(known, d.settings.Zone.String())
	var further []string
	for _, zone := range d.zones {
		if !slices.Contains(known, zone) && !slices.Contains(further, zone) {
			further = append(further, zone)
		}
	}
	return further, err
}

// allHoursQuery gives the hours of the build's zones and of those asked for besides.
func (d *desk) allHoursQuery() (string, error) {
	further, err := d.furtherZones()
	if err != nil || len(further) == 0 {
		return hoursQuery, err
	}
	query, order, _ := strings.Cut(hoursQuery, "\norder by ")
	for _, zone := range further {
		query += "\nunion all\n(" + strings.ReplaceAll(zoneQuery, "ZONE", warehouse.Literal(zone)) + ")"
	}
	return query + "\norder by " + order, nil
}
