package sample

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"parley/pipelines/record"
)

// termDays is how often, about, what a company pays changes.
const termDays = 90

// companies lands what each company is and, every three months, what it pays.
func (c *company) companies(ctx context.Context, to *landing) error {
	return landEach(ctx, to, record.KindCompany, c.Companies, func(rows []record.Company, number int) ([]record.Company, error) {
		chance := c.chance(ofCompanies, number)
		for second := spread(number, c.Companies); second < Days*24*3600; second += (termDays/2 + chance.IntN(termDays)) * 24 * 3600 {
			rows = append(rows, c.terms(number, second, chance))
		}
		return rows, nil
	})
}

// terms is a record of a company at a second of the history. One in three
// companies has subscriptions.
func (c *company) terms(number, second int, chance *rand.Rand) record.Company {
	id, then := strconv.Itoa(number), at(second)
	r := record.Company{
		RecordID: "c" + id + "-" + strconv.Itoa(second), CompanyID: "c" + id, SourceID: "source-" + id, EffectiveAt: then,
		Name: "Company " + id, Plan: "plan " + strconv.Itoa(chance.IntN(4)), MonthlySpend: strconv.Itoa(29 * (1 + chance.IntN(20))), Currency: "EUR",
		CreatedAt: at(spread(number, c.Companies)), CustomAttributes: fmt.Sprintf(`{"size":%d}`, chance.IntN(500)),
	}
	r.KafkaAt = then
	if number%3 == 0 {
		r.Subscriptions = fmt.Sprintf(`[{"amount":"%d","currency":"EUR","id":"s%s","interval":"month","interval_count":"1","quantity":"%d","started_at":%q}]`,
			29+chance.IntN(20), id, 1+chance.IntN(30), r.CreatedAt.Format("2006-01-02T15:04:05Z"))
	}
	return r
}
