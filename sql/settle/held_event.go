package settle

import (
	"cmp"
	"encoding/binary"
	"strings"

	"parley/pipelines/record"
)

// heldEvent is a new event until it is written: its time, and everything else
// in one text. As rows, a million events would take twice the memory, and the
// garbage collector would go through twenty million texts.
type heldEvent struct {
	At   int64  `parquet:"at"`
	Text string `parquet:"text"` // each of texts with its length before it
}

// heldEvents is their order while they are held, that of events.
var heldEvents = table[heldEvent]{
	name: "settled_events",
	compare: func(a, b *heldEvent) int {
		if c := cmp.Compare(a.At, b.At); c != 0 {
			return c
		}
		return strings.Compare(a.id(), b.id())
	},
	merge: func(held, other *heldEvent) bool {
		row, otherRow := held.row(), other.row()
		if !events.merge(&row, &otherRow) {
			return false
		}
		*held = *other
		return true
	},
	date:   func(h *heldEvent) date { return dateOf(h.At) },
	byTime: true,
	text:   func(h *heldEvent) int { return len(h.Text) },
}

// texts are the event's id and what else it says, in the order in which the
// contents of two events with one id are compared. Key and its kind follow from them.
func (e *eventRow) texts() [15]*string {
	return [...]*string{
		&e.EventID, &e.EventName, &e.UserID, &e.Email, &e.SourceID, &e.AnonymousID, &e.CompanyID, &e.URL, &e.Referrer,
		&e.UTMSource, &e.UTMMedium, &e.UTMCampaign, &e.UTMTerm, &e.UTMContent, &e.IP,
	}
}

// hold packs an event. buffer is scratch space, which is given back.
func hold(e *eventRow, buffer []byte) (heldEvent, []byte) {
	buffer = buffer[:0]
	for _, text := range e.texts() {
		buffer = append(binary.AppendUvarint(buffer, uint64(len(*text))), *text...)
	}
	buffer = append(buffer, e.Metadata...)
	return heldEvent{At: e.OccurredAt, Text: string(buffer)}, buffer
}

// row unpacks the event. Its texts are parts of the held one.
func (h *heldEvent) row() eventRow {
	e := eventRow{OccurredAt: h.At}
	rest := h.Text
	for _, text := range e.texts() {
		*text, rest = cutText(rest)
	}
	e.Metadata = rest
	kind, key := record.Keys{UserID: e.UserID, Email: e.Email, SourceID: e.SourceID, AnonymousID: e.AnonymousID}.Strongest()
	e.KeyKind, e.Key = string(kind), key
	return e
}

func (h *heldEvent) id() string {
	id, _ := cutText(h.Text)
	return id
}

// cutText cuts the first text, whose length stands before it, from packed.
func cutText(packed string) (text, rest string) {
	length, i := uint64(0), 0
	for shift := 0; ; shift += 7 {
		b := packed[i]
		i++
		length |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return packed[i : i+int(length)], packed[i+int(length):]
		}
	}
}

// heldCursor unpacks the events of rows.
type heldCursor struct {
	rows cursor[heldEvent]
	row  eventRow
}

func (c *heldCursor) next() (*eventRow, error) {
	held, err := c.rows.next()
	if err != nil || held == nil {
		return nil, err
	}
	c.row = held.row()
	return &c.row, nil
}

func (c *heldCursor) close() error { return c.rows.close() }
