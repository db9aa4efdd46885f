-- One row per value of a standard attribute of a person, as one record named it
-- by as_of: history, not the present. Custom attributes are not among them:
-- they reach users by person_attributes_wide.
-- grain: observation
select
    settled_person_attributes.key_kind,
    settled_person_attributes.key,
    settled_person_attributes.name,
    settled_person_attributes.value,
    settled_person_attributes.value_type,
    settled_person_attributes.at as observed_at,
    settled_person_attributes.seq
from settled_person_attributes
cross join settings
where settled_person_attributes.at <= settings.as_of
    and not settled_person_attributes.is_custom
