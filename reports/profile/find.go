package profile

import (
	"context"
	"fmt"
	"strings"

	"parley/pipelines/record"
	"parley/reports"
	"parley/sql/identity"
)

// personQuery finds whose key $1 is, the strongest kind of key first. A key may
// stand behind the letter of its kind too, as in a person_id.
const personQuery = `select
    person_id,
    min(case key_kind when 'user_id' then 1 when 'email' then 2 when 'source_id' then 3 else 4 end) as strength
from person_keys
where key = $1
    or key_kind = 'email' and key = lower(trim($1))
    or substring(key_kind, 1, 1) || ':' || key = $1
group by person_id
order by strength, person_id`

// nearestPeopleQuery lists who is called nearly as $1 says: a letter in five is
// wrong, four at most, or it is a part of their name.
const nearestPeopleQuery = `select coalesce(email, user_id, person_id) as called,
    least(
        damerau_levenshtein(lower(email), lower($1)),
        damerau_levenshtein(lower(user_id), lower($1)),
        damerau_levenshtein(lower(name), lower($1)),
        case when contains(lower(name), lower($1)) then 0 end
    ) as wrong_letters
from users
where wrong_letters <= least((length($1) + 2) // 5, 4)
order by wrong_letters, called
limit 3`

// FindPerson finds the person whom key names, and others whom it names by a
// weaker kind of key. The error is a *NotFoundError if there is none.
func FindPerson(ctx context.Context, query reports.Query, key string) (id string, others []string, err error) {
	found, err := ids(ctx, query, personQuery, key)
	if err != nil {
		return "", nil, fmt.Errorf("look for the person %q: %w", key, err)
	}
	var there []string
	for _, id := range found {
		users, err := ids(ctx, query, "select person_id from users where person_id = $1", id)
		if err != nil {
			return "", nil, fmt.Errorf("look for the person %q: %w", key, err)
		}
		there = append(there, users...)
	}
	if len(there) > 0 {
		return there[0], there[1:], nil
	}
	missing := &NotFoundError{Entity: Person, Key: key, Placeholder: isPlaceholder(key), Deleted: len(found) > 0}
	if !missing.Deleted && !missing.Placeholder {
		if missing.Nearest, err = ids(ctx, query, nearestPeopleQuery, key); err != nil {
			return "", nil, fmt.Errorf("look for whom %q is near: %w", key, err)
		}
	}
	return "", nil, missing
}

// isPlaceholder says whether a key, bare or behind the letter of its kind, is one
// that is sent where there is none.
func isPlaceholder(key string) bool {
	key = strings.TrimSpace(key)
	if of, ok := identity.ParsePersonID(key); ok {
		key = of.Key
	}
	return record.IsPlaceholder(key)
}

const companyQuery = `select company_id
from companies
where company_id = $1 or lower(name) = lower(trim($1))
order by case when company_id = $1 then 0 else 1 end, company_id`

const nearestCompaniesQuery = `select company_id || coalesce(' (' || name || ')', '') as called,
    least(
        damerau_levenshtein(lower(company_id), lower($1)),
        damerau_levenshtein(lower(name), lower($1)),
        case when contains(lower(name), lower($1)) then 0 end
    ) as wrong_letters
from companies
where wrong_letters <= least((length($1) + 2) // 5, 4)
order by wrong_letters, called
limit 3`

// FindCompany finds the company whose company_id key is, or else those that are
// called so. The error is a *NotFoundError if there is none.
func FindCompany(ctx context.Context, query reports.Query, key string) (id string, others []string, err error) {
	found, err := ids(ctx, query, companyQuery, key)
	if err != nil {
		return "", nil, fmt.Errorf("look for the company %q: %w", key, err)
	}
	if len(found) > 0 {
		return found[0], found[1:], nil
	}
	missing := &NotFoundError{Entity: Company, Key: key}
	if missing.Nearest, err = ids(ctx, query, nearestCompaniesQuery, key); err != nil {
		return "", nil, fmt.Errorf("look for what %q is near: %w", key, err)
	}
	return "", nil, missing
}

// ids are the texts in the first column of an answer.
func ids(ctx context.Context, query reports.Query, question, key string) ([]string, error) {
	answer, err := query(ctx, question, key)
	if err != nil {
		return nil, err
	}
	list := make([]string, 0, len(answer.Rows))
	for _, row := range answer.Rows {
		if id, ok := row[0].(string); ok {
			list = append(list, id)
		}
	}
	return list, nil
}
