package deadletter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/pipelines/broker"
	"parley/pipelines/internal/failpoint"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// ReplayConfig says which dead letters to send again, and how.
type ReplayConfig struct {
	Lake        *lake.Lake // required
	TopicPrefix string     // stands before the kind in topics' names
	// Produce sends records to their topics and returns once they are
	// acknowledged, as Broker.Produce does. Nil: nothing is sent or noted, and the
	// answer says what would be.
	Produce func(context.Context, []broker.Message) error
	Filter  Filter
	All     bool // also those that cannot be read yet
	Again   bool // also those that were replayed before
	// Now tells the time of the note. Required.
	Now func() time.Time
	// Progress is told how many dead letters have been looked at; nil: nobody.
	Progress func(looked int64)
}

// Outcome is what becomes of a dead letter in a replay.
type Outcome string

// The outcomes.
const (
	Sent           Outcome = "sent"            // to its topic again
	Sendable       Outcome = "can be sent"     // where nothing is, for want of Produce
	Unreadable     Outcome = "cannot be read"  // by today's decoder either
	ReplayedBefore Outcome = "replayed before" // and so left out
	TooLarge       Outcome = "too large"       // for the broker
)

// Replayed is how many dead letters of a topic came to an outcome.
type Replayed struct {
	Topic   string
	Outcome Outcome
	Reason  string // of Unreadable
	Letters int64
}

// maxReasons bounds how many reasons an answer tells apart: one may quote the record.
const maxReasons = 100

const (
	replayRecords = 5000 // are noted together
	replayBytes   = 16 << 20
)

// Replay looks at the dead letters that the filter means with today's decoder,
// and sends those that it can read to their topics, with the key, value,
// headers and Kafka timestamp they came with, so that they count as if they had
// never been refused. What was sent is noted in the lake after Kafka has
// acknowledged it: a crash between the two makes the next replay send it again,
// which counts once because its id is the same. What Replay returns beside an
// error was done. A place of the filter at which no dead letter stands is an
// error before anything is sent.
func Replay(ctx context.Context, config ReplayConfig) ([]Replayed, error) {
	if err := eachPlaceIsThere(ctx, config.Lake, config.Filter); err != nil {
		return nil, err
	}
	r := &replay{config: config, counts: map[Replayed]int64{}}
	looked := int64(0)
	err := Each(ctx, config.Lake, config.Filter, func(letter Letter) error {
		looked++
		if config.Progress != nil {
			config.Progress(looked)
		}
		return r.take(ctx, letter)
	})
	if err == nil {
		err = r.send(ctx)
	}
	if err != nil {
		err = fmt.Errorf("replay dead letters: %w", err)
	}
	return r.summary(), err
}

func eachPlaceIsThere(ctx context.Context, l *lake.Lake, filter Filter) error {
	if len(filter.Places) == 0 {
		return nil
	}
	there := map[Place]bool{}
	err := eachRow(ctx, l, Filter{Places: filter.Places}, func(entry lake.Entry, row *record.Landed) error {
		place := placeOf(entry, row.KafkaOffset)
		place.Epoch = 0
		there[place] = true
		return nil
	})
	if err != nil {
		return err
	}
	var faults []error
	for _, place := range filter.Places {
		if !there[place] {
			faults = append(faults, fmt.Errorf("no dead letter at %s; `parley dead-letters list` shows where they stand", place))
		}
	}
	return errors.Join(faults...)
}

// replay is one replay under way.
type replay struct {
	config  ReplayConfig
	counts  map[Replayed]int64 // Letters is 0 in the keys
	reasons int
	waiting []Letter // to be sent
	bytes   int
}

func (r *replay) take(ctx context.Context, letter Letter) error {
	if !letter.ReplayedAt.IsZero() && !r.config.Again {
		r.count(letter, ReplayedBefore, "")
		return nil
	}
	if refused := letter.Refused(r.config.TopicPrefix); refused != nil {
		_, ours := kindOf(letter.Topic, r.config.TopicPrefix)
		if !r.config.All || !ours {
			r.count(letter, Unreadable, refused.Reason)
			return nil
		}
	}
	r.waiting = append(r.waiting, letter)
	r.bytes += len(letter.Key) + len(letter.Value)
	if len(r.waiting) >= replayRecords || r.bytes >= replayBytes {
		return r.send(ctx)
	}
	return nil
}

// send sends what waits, and notes it.
func (r *replay) send(ctx context.Context) error {
	letters := r.waiting
	r.waiting, r.bytes = nil, 0
	if len(letters) == 0 || r.config.Produce == nil {
		for _, letter := range letters {
			r.count(letter, Sendable, "")
		}
		return nil
	}
	messages := make([]broker.Message, len(letters))
	for i, letter := range letters {
		kind, _ := kindOf(letter.Topic, r.config.TopicPrefix)
		messages[i] = broker.Message{Kind: kind, Key: string(letter.Key), Value: letter.Value, At: letter.At, Headers: letter.Headers}
	}
	err := r.config.Produce(ctx, messages)
	tooLarge := oversized(err)
	if err != nil && len(tooLarge) == 0 {
		return err
	}
	failpoint.At("replay produced")
	note := lake.Replay{At: r.config.Now(), Decoder: record.DecoderVersion, Records: map[string][]int64{}}
	for i, letter := range letters {
		if tooLarge[size{messages[i].Kind, messages[i].Key, len(letter.Value)}] {
			r.count(letter, TooLarge, "")
			continue
		}
		r.count(letter, Sent, "")
		note.Records[letter.log()] = append(note.Records[letter.log()], letter.Offset)
	}
	if len(note.Records) == 0 {
		return nil
	}
	if err := r.config.Lake.NoteReplay(note); err != nil {
		return fmt.Errorf("%d records were sent, but not noted; the next replay sends them again, which counts once: %w", len(letters), err)
	}
	return nil
}

// size is by what a broker's refusal names a record.
type size struct {
	kind  record.Kind
	key   string
	bytes int
}

// oversized are the records that the broker refused for their size, where err
// says nothing else.
func oversized(err error) map[size]bool {
	found := map[size]bool{}
	var gather func(error) bool
	gather = func(err error) bool {
		if refusal, ok := err.(*broker.TooLargeError); ok { //nolint:errorlint // each of a joined error by itself
			found[size{refusal.Kind, refusal.Key, refusal.Bytes}] = true
			return true
		}
		joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // as above
		return ok && !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !gather(err) })
	}
	if err == nil || !gather(err) {
		return nil
	}
	return found
}

func (r *replay) count(letter Letter, outcome Outcome, reason string) {
	key := Replayed{Topic: letter.Topic, Outcome: outcome, Reason: reason}
	if _, known := r.counts[key]; !known && reason != "" {
		if r.reasons++; r.reasons > maxReasons {
			key.Reason = "other reasons"
		}
	}
	r.counts[key]++
}

// summary sorts by topic, then what was sent first, then the commonest first.
func (r *replay) summary() []Replayed {
	order := []Outcome{Sent, Sendable, Unreadable, TooLarge, ReplayedBefore}
	summary := make([]Replayed, 0, len(r.counts))
	for key, n := range r.counts {
		key.Letters = n
		summary = append(summary, key)
	}
	slices.SortFunc(summary, func(a, b Replayed) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(slices.Index(order, a.Outcome), slices.Index(order, b.Outcome)),
			cmp.Compare(b.Letters, a.Letters), cmp.Compare(a.Reason, b.Reason))
	})
	return summary
}
