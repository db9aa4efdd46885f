package deadletter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// Filter says which dead letters are meant; the zero filter means all.
type Filter struct {
	Topic  string    // "": every topic
	Reason string    // part of the reason, in whatever case, or the class; "": any
	Since  time.Time // landed then or later; zero: ever
	Places []Place   // only these, whatever their epoch; none: all places
}

func (f Filter) meansEntry(entry lake.Entry) bool {
	return entry.Dead > 0 && (f.Topic == "" || f.Topic == entry.Topic) && !entry.At.Before(f.Since) &&
		(len(f.Places) == 0 || slices.ContainsFunc(f.Places, func(p Place) bool {
			return p.Topic == entry.Topic && p.Partition == entry.Partition && entry.Start <= p.Offset && p.Offset < entry.End
		}))
}

func (f Filter) means(place Place, class, reason string) bool {
	if len(f.Places) > 0 {
		place.Epoch = 0
		if !slices.Contains(f.Places, place) {
			return false
		}
	}
	return f.Reason == "" || strings.EqualFold(f.Reason, class) || strings.Contains(strings.ToLower(reason), strings.ToLower(f.Reason))
}

// Each calls visit with every dead letter that the filter means, partition by
// partition in the order in which they landed, until it returns an error.
func Each(ctx context.Context, l *lake.Lake, filter Filter, visit func(Letter) error) error {
	replayed, err := replayedAt(l)
	if err != nil {
		return err
	}
	return eachRow(ctx, l, filter, func(entry lake.Entry, row *record.DeadLetter) error {
		place := placeOf(entry, row.KafkaOffset)
		if !filter.means(place, row.Class, row.Reason) {
			return nil
		}
		letter, err := letterFrom(row, place, entry.At)
		if err != nil {
			return err
		}
		letter.ReplayedAt = replayed[place.log()][place.Offset]
		return visit(letter)
	})
}

// Newest are the dead letters that the filter means and that landed last, at
// most limit of them (0: all), the oldest first; found is how many there are in
// all. With open, those that were replayed are left out.
func Newest(ctx context.Context, l *lake.Lake, filter Filter, open bool, limit int) (letters []Letter, found int64, err error) {
	shorten := func(to int) {
		slices.SortFunc(letters, byLanding)
		letters = slices.Delete(letters, 0, max(0, len(letters)-to))
	}
	err = Each(ctx, l, filter, func(letter Letter) error {
		if open && !letter.ReplayedAt.IsZero() {
			return nil
		}
		found++
		letters = append(letters, letter)
		if limit > 0 && len(letters) >= 2*limit {
			shorten(limit)
		}
		return nil
	})
	if limit <= 0 {
		limit = len(letters)
	}
	shorten(limit)
	return letters, found, err
}

func byLanding(a, b Letter) int {
	return cmp.Or(a.LandedAt.Compare(b.LandedAt), a.At.Compare(b.At), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Epoch, b.Epoch),
		cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
}

// Tally is how many dead letters of a topic have one reason.
type Tally struct {
	Topic   string
	Class   record.Class
	Reason  string
	Letters int64
	Last    Place     // the one that landed last
	LastAt  time.Time // when it landed
}

// Tallies count by topic and reason, the commonest first. It reads no values.
// With open, those that were replayed are left out.
func Tallies(ctx context.Context, l *lake.Lake, filter Filter, open bool) ([]Tally, error) {
	replayed, err := replayedAt(l)
	if err != nil {
		return nil, err
	}
	type narrow struct {
		record.Landed
		Class  string `parquet:"class,dict"`
		Reason string `parquet:"reason"`
	}
	type key struct{ topic, class, reason string }
	counts := map[key]*Tally{}
	err = eachRow(ctx, l, filter, func(entry lake.Entry, row *narrow) error {
		place := placeOf(entry, row.KafkaOffset)
		if !filter.means(place, row.Class, row.Reason) || open && !replayed[place.log()][place.Offset].IsZero() {
			return nil
		}
		tally := counts[key{entry.Topic, row.Class, row.Reason}]
		if tally == nil {
			tally = &Tally{Topic: entry.Topic, Class: record.Class(row.Class), Reason: row.Reason}
			counts[key{entry.Topic, string(tally.Class), tally.Reason}] = tally
		}
		tally.Letters++
		if !entry.At.Before(tally.LastAt) {
			tally.Last, tally.LastAt = place, entry.At
		}
		return nil
	})
	tallies := make([]Tally, 0, len(counts))
	for _, tally := range counts {
		tallies = append(tallies, *tally)
	}
	slices.SortFunc(tallies, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Letters, a.Letters), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Reason, b.Reason))
	})
	return tallies, err
}

func placeOf(entry lake.Entry, offset int64) Place {
	return Place{Topic: entry.Topic, Epoch: entry.Epoch, Partition: entry.Partition, Offset: offset}
}

// replayedAt is when each dead letter was last replayed, by log and offset.
func replayedAt(l *lake.Lake) (map[string]map[int64]time.Time, error) {
	notes, err := l.Replays()
	if err != nil {
		return nil, err
	}
	at := map[string]map[int64]time.Time{}
	for _, note := range notes {
		for log, offsets := range note.Records {
			if at[log] == nil {
				at[log] = map[int64]time.Time{}
			}
			for _, offset := range offsets {
				if note.At.After(at[log][offset]) {
					at[log][offset] = note.At
				}
			}
		}
	}
	return at, nil
}

// eachRow reads the dead letters of the entries that the filter means, with the
// columns that Row has. A row is good until visit returns, but its bytes stay.
func eachRow[Row any](ctx context.Context, l *lake.Lake, filter Filter, visit func(lake.Entry, *Row) error) error {
	return l.EachEntry(ctx, nil, func(entry lake.Entry) error {
		if !filter.meansEntry(entry) {
			return nil
		}
		for _, file := range entry.Files {
			if file.Kind != lake.DeadLetters {
				continue
			}
			if err := rowsOf(ctx, l, file.Path, func(row *Row) error { return visit(entry, row) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func rowsOf[Row any](ctx context.Context, l *lake.Lake, name string, visit func(*Row) error) error {
	path, err := l.Local(ctx, name)
	if err != nil {
		return fmt.Errorf("%w; `parley lake verify` says what else is wrong", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return fmt.Errorf("read %s: %w; `parley lake verify` says what else is wrong", name, err)
	}
	reader := parquet.NewGenericReader[Row](opened)
	defer reader.Close()
	batch := make([]Row, 8) // a record may be of many megabytes
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		clear(batch)
		n, err := reader.Read(batch)
		for i := range batch[:n] {
			if err := visit(&batch[i]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w; `parley lake verify` says what else is wrong", name, err)
		}
	}
}
