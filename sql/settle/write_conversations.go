package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// All that is known of a conversation lies under one date, its home: the UTC
// date of the first instant that any of its records names, be it of the record
// itself, of its beginning or of a part. So a conversation is folded from one
// file of records, and whoever computes something by conversation finds it
// whole in one part of each table. By the dates of their own, the parts of one
// conversation would be scattered over many; by a hash of its id, a day's new
// parts would be scattered over all files.
//
// The home is the least of all dates, so no order of arrival changes it, and
// most conversations' first record names it. An index knows it for each. One
// that proves to be older moves: its rows are taken from the files of the
// former date and gathered as if they were new.

// homes are where the conversations lie that new records speak of.
type homes struct {
	now    map[idHash]date
	former map[idHash]date // of those that move, where they lay
}

// leaves says whether the conversation's rows must leave the files of the date.
func (h *homes) leaves(conversationID string, day date) bool {
	if len(h.former) == 0 {
		return false
	}
	hash := hashID(conversationID)
	former, moves := h.former[hash]
	return moves && former == day && h.now[hash] != day
}

func (r *run) writeConversations(ctx context.Context, g *gathers) error {
	h := &homes{now: map[idHash]date{}, former: map[idHash]date{}}
	former := map[date]bool{}
	err := r.index(g.conversationIDs, func(of reports) {
		h.now[of.hash] = date(of.first)
		if len(of.settled) > 0 && of.settled[0] != of.first {
			h.former[of.hash] = date(of.settled[0])
			former[date(of.settled[0])] = true
		}
	})
	if err != nil {
		return err
	}
	for day := range former {
		if err := errors.Join(
			takeOut(r, g.conversationRecords, day, func(row *conversationRecordRow) bool { return h.leaves(row.ConversationID, day) }),
			takeOut(r, g.parts, day, func(row *partRow) bool { return h.leaves(row.ConversationID, day) }),
		); err != nil {
			return err
		}
	}
	records := plainly(r, g.conversationRecords)
	records.also = former
	records.drop = func(row *conversationRecordRow, day date) bool { return h.leaves(row.ConversationID, day) }
	records.derive = func() derived[conversationRecordRow] { return &foldedConversations{out: newOutput(r, &conversations)} }
	if err := writeHomed(ctx, records, func(row *conversationRecordRow) { row.home = h.now[hashID(row.ConversationID)] }); err != nil {
		return err
	}
	if err := r.neverWithout(conversations.name, func() error { return writeEmpty(r, &conversations) }); err != nil {
		return err
	}
	parts := plainly(r, g.parts)
	parts.also = former
	parts.drop = func(row *partRow, day date) bool { return h.leaves(row.ConversationID, day) }
	if err := writeHomed(ctx, parts, func(row *partRow) { row.home = h.now[hashID(row.ConversationID)] }); err != nil {
		return err
	}
	return r.writePartTags(ctx)
}

// takeOut gathers the rows of a date that leave its file, as if they were new.
func takeOut[T any](r *run, g *gather[T], day date, leaves func(*T) bool) (err error) {
	old, ok := r.file(g.table.name, day.String())
	if !ok {
		return nil
	}
	rows, err := openSettled[T](r, old)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	var taken []T
	for {
		row, err := rows.next()
		if err != nil {
			return err
		}
		if row == nil {
			return g.add(taken)
		}
		if leaves(row) {
			taken = append(taken, *row)
		}
	}
}

// writeHomed writes rows whose date, the home, is known only now: place sets
// it. Those that lie in files on the way are put in order once more.
func writeHomed[T any](ctx context.Context, d *dated[T, T], place func(*T)) error {
	if len(d.gather.runs) > 0 {
		homed, err := placeAgain(d.gather, place)
		if err != nil {
			return fmt.Errorf("settle %s: %w", d.table.name, err)
		}
		d.gather = homed
		d.unpack = func(rows cursor[T]) cursor[T] { return rows }
		return d.write(ctx)
	}
	for _, chunk := range d.gather.chunks {
		for i := range chunk {
			place(&chunk[i])
		}
	}
	return d.write(ctx)
}

// placedCursor gives rows their home.
type placedCursor[T any] struct {
	cursor[T]
	place func(*T)
}

func (c placedCursor[T]) next() (*T, error) {
	row, err := c.cursor.next()
	if row != nil {
		c.place(row)
	}
	return row, err
}

// placeAgain gathers the rows in the order of their homes.
func placeAgain[T any](g *gather[T], place func(*T)) (homed *gather[T], err error) {
	homed = newGather(g.table, g.budget, g.dir)
	homed.name, homed.place = g.name+"-homed", place
	cursors, err := g.cursors()
	rows := newFolded(g.table, false, cursors...)
	defer func() { err = errors.Join(err, rows.close()) }()
	if err != nil {
		return nil, err
	}
	var batch []T
	for {
		row, err := rows.next()
		if err != nil {
			return nil, err
		}
		if row != nil {
			place(row)
			batch = append(batch, *row)
		}
		if row == nil || len(batch) == batchRows {
			if err := homed.add(batch); err != nil {
				return nil, err
			}
			batch = nil
		}
		if row == nil {
			return homed, nil
		}
	}
}

// foldedConversations makes of a date's records its conversations.
type foldedConversations struct {
	out     *output[conversationRow]
	records []conversationRecordRow // of one conversation
}

func (d *foldedConversations) begin(day date) error {
	d.records = d.records[:0]
	return d.out.begin(day.String())
}

func (d *foldedConversations) take(ctx context.Context, row *conversationRecordRow) error {
	if len(d.records) > 0 && d.records[0].ConversationID != row.ConversationID {
		if err := d.fold(ctx); err != nil {
			return err
		}
	}
	d.records = append(d.records, *row)
	return nil
}

func (d *foldedConversations) fold(ctx context.Context) error {
	row := foldConversation(d.records)
	d.records = d.records[:0]
	return d.out.write(ctx, &row)
}

func (d *foldedConversations) finish() error {
	if len(d.records) > 0 {
		if err := d.fold(context.Background()); err != nil {
			return err
		}
	}
	return d.out.finish()
}

func (d *foldedConversations) abandon() { d.out.abandon() }

// conversationTags and tagsOfPart are what is read of the tags of a date.
type conversationTags struct {
	ConversationID string `parquet:"conversation_id"`
	Tags           string `parquet:"tags,optional"`
}

type tagsOfPart struct {
	ConversationID string `parquet:"conversation_id"`
	PartID         string `parquet:"part_id"`
	Tags           string `parquet:"tags,optional"`
}

// writePartTags makes the tags of those dates whose conversations or parts
// have changed.
func (r *run) writePartTags(ctx context.Context) error {
	days := map[string]bool{}
	for _, table := range []string{conversations.name, parts.name} {
		for part := range r.changed[table] {
			days[part] = true
		}
	}
	delete(days, "")
	out := newOutput(r, &partTags)
	for part := range days {
		if err := r.writeTagsOf(ctx, out, part); err != nil {
			return fmt.Errorf("settle %s of %s: %w", partTags.name, part, err)
		}
	}
	return r.neverWithout(partTags.name, func() error { return writeEmpty(r, &partTags) })
}

// writeTagsOf makes the tags of a date of its conversations and parts, as they
// are now. Where nothing changes, the file stays.
func (r *run) writeTagsOf(ctx context.Context, out *output[partTagRow], part string) (err error) {
	var closing []interface{ close() error }
	defer func() {
		for _, c := range closing {
			err = errors.Join(err, c.close())
		}
	}()
	conversations, err := openNow[conversationTags](r, conversations.name, part)
	if err != nil {
		return err
	}
	closing = append(closing, conversations)
	parts, err := openNow[tagsOfPart](r, parts.name, part)
	if err != nil {
		return err
	}
	closing = append(closing, parts)
	old, err := openNow[partTagRow](r, partTags.name, part)
	if err != nil {
		return err
	}
	closing = append(closing, old)
	if err := out.begin(part); err != nil {
		return err
	}
	defer out.abandon()
	same := true
	write := func(conversation, partID, list string) error {
		names, err := textList(list)
		if err != nil {
			return fmt.Errorf("conversation %s: part %q: %w", conversation, partID, err)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			row := partTagRow{ConversationID: conversation, PartID: partID, Tag: name}
			was, err := old.next()
			if err != nil {
				return err
			}
			same = same && was != nil && *was == row
			if err := out.write(ctx, &row); err != nil {
				return err
			}
		}
		return nil
	}
	whole, err := conversations.next()
	if err != nil {
		return err
	}
	single, err := parts.next()
	if err != nil {
		return err
	}
	for whole != nil || single != nil {
		if single == nil || whole != nil && strings.Compare(whole.ConversationID, single.ConversationID) <= 0 {
			if err = write(whole.ConversationID, "", whole.Tags); err == nil {
				whole, err = conversations.next()
			}
		} else if err = write(single.ConversationID, single.PartID, single.Tags); err == nil {
			single, err = parts.next()
		}
		if err != nil {
			return err
		}
	}
	was, err := old.next()
	if err != nil || same && was == nil {
		return err
	}
	return out.finish()
}
