package sample

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// partsEach is how many parts a conversation has.
const partsEach = 3

var (
	words  = strings.Repeat("Some words of a message. ", 6)
	topics = [...]string{"billing", "bug report", "feature request", "pricing question"}
)

// conversations lands each conversation twice: when it begins, and whole when
// it ends.
func (c *company) conversations(ctx context.Context, to *landing) error {
	return landEach(ctx, to, record.KindConversation, c.Conversations, func(rows []record.Conversation, number int) ([]record.Conversation, error) {
		chance := c.chance(ofConversations, number)
		talk := c.talk(strconv.Itoa(number), spread(number, c.Conversations), partsEach, chance)
		for _, n := range []int{1, partsEach} {
			row, err := c.said(talk, n, chance)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		return rows, nil
	})
}

// talk is a conversation with its parts.
type talk struct {
	id     string
	person int
	parts  []record.Part
}

// talk is a conversation that begins at a second of the history. Whom it is
// with follows from its id alone.
func (c *company) talk(id string, second, parts int, chance *rand.Rand) talk {
	t := talk{id: id}
	for _, digit := range []byte(id) {
		t.person = (t.person*31 + int(digit)) % c.People
	}
	then := at(second)
	for k := range parts {
		p := record.Part{
			ID: id + "-" + strconv.Itoa(k), Type: "comment", AuthorType: "admin", AuthorID: "agent-" + strconv.Itoa(chance.IntN(40)),
			AuthorName: "Agent", CreatedAt: then, UpdatedAt: then, Body: "<p>" + words[:25*(1+chance.IntN(6))] + "</p>",
		}
		switch {
		case k == 0:
			p.ID, p.Type, p.DeliveredAs = id+"/source", record.SourceType, "customer_initiated"
			p.AuthorType, p.AuthorID, p.AuthorName, p.AuthorUser = "user", "", "", strconv.Itoa(t.person)
			p.Tags = []string{topics[chance.IntN(len(topics))]}
		case k == parts-1:
			p.Type, p.Body = "close", ""
		}
		t.parts = append(t.parts, p)
		then = then.Add(time.Duration(1+chance.IntN(6*3600)) * time.Second)
	}
	return t
}

// said is the record of a conversation with its first n parts.
func (c *company) said(t talk, n int, chance *rand.Rand) (record.Conversation, error) {
	parts, err := json.Marshal(t.parts[:n])
	if err != nil {
		return record.Conversation{}, err
	}
	last := t.parts[n-1].UpdatedAt
	row := record.Conversation{
		RecordID: t.id + "-" + strconv.Itoa(n), ConversationID: t.id, Keys: record.Keys{UserID: strconv.Itoa(t.person)}, CompanyID: c.companyOf(t.person),
		EffectiveAt: last, CreatedAt: t.parts[0].CreatedAt, Channel: "email", Subject: "Question " + t.id, State: "open", Parts: string(parts),
	}
	if n == partsEach {
		row.State = "closed"
	}
	if chance.IntN(3) == 0 {
		row.Tags = `["` + topics[chance.IntN(len(topics))] + `"]`
	}
	row.KafkaAt = last
	return row, nil
}

// moreConversations have a thousandth of all parts: most in new conversations
// and in those that began in the days before, one in twenty in an older one.
func (c *company) moreConversations(chance *rand.Rand, round int, second func() int) (rows []record.Conversation, err error) {
	for n := max(1, c.Parts/1000); n > 0; {
		then := second()
		switch pick := chance.IntN(20); {
		case pick < 5: // three parts each: six of ten parts
			t := c.talk("new"+strconv.Itoa(round)+"x"+strconv.Itoa(n), then, partsEach, chance)
			row, err := c.said(t, partsEach, chance)
			if err != nil {
				return nil, err
			}
			rows, n = append(rows, row), n-partsEach
		default:
			began := then - 1 - chance.IntN(min(then, 3*24*3600))
			if pick == 19 {
				began = chance.IntN(then)
			}
			number := int(int64(began) * int64(c.Conversations) / (Days * 24 * 3600))
			t := c.talk(strconv.Itoa(number), then, 1, chance)
			p := &t.parts[0]
			p.ID, p.Type, p.DeliveredAs = t.id+"-late"+strconv.Itoa(round)+"x"+strconv.Itoa(n), "comment", ""
			row, err := c.said(t, 1, chance)
			if err != nil {
				return nil, err
			}
			row.RecordID = p.ID
			row.CreatedAt = time.Time{} // as a part alone says it
			rows, n = append(rows, row), n-1
		}
	}
	return rows, nil
}
