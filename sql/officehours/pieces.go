package officehours

import "time"

// Piece is a stretch of one UTC day in which a schedule is open all of the time,
// or not at all. An instant t in it has had OpenBefore seconds of open time since
// the first piece, and, where the piece is open, t - StartsAt more: so the open
// time between two instants is the difference of two such numbers, which a model
// finds by an equality join on the day.
type Piece struct {
	Day              time.Time // midnight UTC
	StartsAt, EndsAt time.Time // [StartsAt, EndsAt), within the day
	IsOpen           bool
	OpenBefore       int64 // seconds
}

// Pieces covers the UTC days from first to last, both included, without a gap:
// a day has as many pieces as it has changes, and one more.
func (s Schedule) Pieces(first, last Date) []Piece {
	if last.Before(first) {
		return nil
	}
	from, to := first.midnight(), last.Next(1).midnight()
	c := cutter{pieces: make([]Piece, 0, 4*int(to.Sub(from)/(24*time.Hour)))}
	at := from
	for _, span := range s.Spans(from, to) {
		c.cut(at, span.From, false)
		c.cut(span.From, span.To, true)
		at = span.To
	}
	c.cut(at, to, false)
	return c.pieces
}

type cutter struct {
	pieces []Piece
	open   time.Duration
}

// cut appends [from, to), a piece for each UTC day that it lies in.
func (c *cutter) cut(from, to time.Time, open bool) {
	for from.Before(to) {
		day := from.Truncate(24 * time.Hour)
		end := day.Add(24 * time.Hour)
		if to.Before(end) {
			end = to
		}
		c.pieces = append(c.pieces, Piece{Day: day, StartsAt: from, EndsAt: end, IsOpen: open, OpenBefore: int64(c.open / time.Second)})
		if open {
			c.open += end.Sub(from)
		}
		from = end
	}
}
