package demo

import (
	"cmp"
	"slices"
	"time"

	"parley/pipelines/record"
)

// history is everything that happens, kept small until it is replayed: what is
// sent is written out as JSON only when its turn comes.
type history struct {
	cfg       Config
	calendar  *calendar
	transport chance

	people    []*person // users by sign-up, then leads, then visitors
	leads     []*person // those who are or were leads
	companies []*company

	events        []event
	userRecords   []userRecord
	companyStates []companyRecord
	conversations []*conversation
	snapshots     []snapshot
	tags          []tagRecord

	sent []sending
}

// sending is one message: which record of which kind, and when it is sent.
type sending struct {
	at    int64 // Unix milliseconds
	kind  uint8 // index into kinds
	index int32 // in that kind's slice
}

const (
	sendUser = iota
	sendCompany
	sendEvent
	sendConversation
	sendTag
)

var kinds = [...]record.Kind{record.KindUser, record.KindCompany, record.KindEvent, record.KindConversation, record.KindTag}

// How often the way to Kafka goes wrong, by kind: a producer that did not hear
// its acknowledgement sends again, a queue that was stuck sends late.
var (
	sentTwice = [...]float64{0.01, 0.01, 0.003, 0.015, 0.01}
	sentLate  = [...]float64{0.01, 0.01, 0.003, 0.012, 0.01}
)

// send schedules a record for soon after it came to be. What would be sent at
// or after the end of the history is not.
func (h *history) send(kind int, index int, at time.Time) {
	dice := h.transport
	sentAt := at.UnixMilli() + int64(40+dice.IntN(1900))
	if dice.yes(sentLate[kind]) {
		sentAt += dice.around(3*time.Hour, 1.2).Milliseconds()
	}
	h.schedule(kind, index, sentAt)
	if dice.yes(sentTwice[kind]) {
		h.schedule(kind, index, sentAt+int64(1000+dice.IntN(300_000)))
	}
}

func (h *history) schedule(kind, index int, at int64) {
	if at < h.cfg.AsOf.UnixMilli() {
		h.sent = append(h.sent, sending{at: at, kind: uint8(kind), index: int32(index)})
	}
}

// replay writes out all that was scheduled, in order of time.
func (h *history) replay(emit func(Record) error) error {
	// Stable, so that what is sent in the same millisecond keeps the order in which it came to be.
	slices.SortStableFunc(h.sent, func(a, b sending) int { return cmp.Compare(a.at, b.at) })
	for _, s := range h.sent {
		r := Record{Kind: kinds[s.kind], At: time.UnixMilli(s.at).UTC()}
		switch s.kind {
		case sendUser:
			r.Key, r.Value = h.userJSON(h.userRecords[s.index])
		case sendCompany:
			r.Key, r.Value = h.companyJSON(h.companyStates[s.index])
		case sendEvent:
			r.Key, r.Value = h.eventJSON(int(s.index))
		case sendConversation:
			r.Key, r.Value = h.conversationJSON(h.snapshots[s.index])
		case sendTag:
			r.Key, r.Value = h.tagJSON(h.tags[s.index])
		}
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}
