package sample

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"parley/pipelines/record"
)

var cities = [...]struct{ city, country, zone string }{
	{"Dublin", "Ireland", "Europe/Dublin"}, {"Lisbon", "Portugal", "Europe/Lisbon"}, {"Brisbane", "Australia", "Australia/Brisbane"},
	{"Boston", "United States", "America/New_York"}, {"Lyon", "France", "Europe/Paris"},
}

// people lands a record of each person, when they sign up.
func (c *company) people(ctx context.Context, to *landing) error {
	return landEach(ctx, to, record.KindUser, c.People, func(rows []record.User, person int) ([]record.User, error) {
		return append(rows, c.signUp(person, spread(person, c.People), c.chance(ofPeople, person))), nil
	})
}

// companyOf is the company that the person works for.
func (c *company) companyOf(person int) string { return "c" + strconv.Itoa(person%c.Companies) }

// signUp is the first record of a person, at a second of the history.
func (c *company) signUp(person, second int, chance *rand.Rand) record.User {
	who, place := strconv.Itoa(person), cities[chance.IntN(len(cities))]
	u := record.User{
		RecordID: "u" + who + "-" + strconv.Itoa(second), Keys: record.Keys{UserID: who, Email: "person" + who + "@example.com"}, EffectiveAt: at(second),
		Name: "Person " + who, CreatedAt: at(second), SignedUpAt: at(second), City: place.city, Country: place.country, Timezone: place.zone,
		Companies:        `[{"company_id":"` + c.companyOf(person) + `"}]`,
		CustomAttributes: fmt.Sprintf(`{"role":"role %d","seats":%d}`, chance.IntN(8), chance.IntN(50)),
	}
	u.KafkaAt = u.EffectiveAt
	if person%50 == 0 {
		u.Tags = `["beta"]`
	}
	return u
}

// change is a later record of a person.
func (c *company) change(person, second int, chance *rand.Rand) record.User {
	who := strconv.Itoa(person)
	u := record.User{
		RecordID: "u" + who + "-" + strconv.Itoa(second), Keys: record.Keys{UserID: who, Email: "person" + who + "@example.com"}, EffectiveAt: at(second),
		LastSeenAt: at(second), CustomAttributes: fmt.Sprintf(`{"seats":%d,"role":"role %d"}`, chance.IntN(50), chance.IntN(8)),
	}
	u.KafkaAt = u.EffectiveAt
	return u
}

// rest lands the kinds of which there is little: tags, deliveries, deletions.
func (c *company) rest(ctx context.Context, to *landing) error {
	return c.restOf(ctx, to, c.People, func(i int) (int, int) { return i, min(spread(i, c.People)+3600, Days*24*3600-1) }, c.chance(ofRest, 0))
}

// restOf is the rest of what n people, by pick with a second of the history, have.
func (c *company) restOf(ctx context.Context, to *landing, n int, pick func(int) (person, second int), chance *rand.Rand) error {
	var tags []record.Tag
	var deliveries []record.Delivery
	var deletions []record.Tombstone
	for i := range n {
		person, second := pick(i)
		who, then := strconv.Itoa(person), at(second)
		landed := record.Landed{KafkaAt: then}
		switch i % 1000 {
		case 0, 100, 200, 300, 400:
			tags = append(tags, record.Tag{Landed: landed, RecordID: "t" + who, Tag: "tag " + strconv.Itoa(chance.IntN(9)), Keys: record.Keys{UserID: who}, TaggedAt: then})
		case 999:
			deletions = append(deletions, record.Tombstone{Landed: landed, Kind: record.KindUser, Key: who})
		}
		if i%10 == 0 {
			deliveries = append(deliveries, record.Delivery{Landed: landed, DecisionID: "welcome-" + who + "-" + strconv.Itoa(second), Message: "welcome",
				PersonID: "u:" + who, UserID: who, Entry: "once", Segment: "new", Channel: "email", Decision: "sent", Subject: "Welcome", DecidedAt: then, SentAt: then})
		}
	}
	if err := landAll(ctx, to, record.KindTag, tags); err != nil {
		return err
	}
	if err := landAll(ctx, to, record.KindDelivery, deliveries); err != nil {
		return err
	}
	return landAll(ctx, to, record.KindTombstone, deletions)
}
