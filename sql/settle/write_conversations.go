package settle

import (
	"context"
	"fmt"
)

// writeParts merges the new parts, and makes the tags of all parts.
func (r *run) writeParts(ctx context.Context, g *gather[partRow]) error {
	d := &fromParts{ctx: ctx, tags: newOutput(r, &partTags)}
	defer d.tags.abandon()
	return rewrite(ctx, r, g, d)
}

type fromParts struct {
	ctx  context.Context
	tags *output[partTagRow]
}

func (d *fromParts) begin() error { return d.tags.begin(tagsOfParts) }

func (d *fromParts) take(part *partRow) error {
	names, err := textList(part.Tags)
	if err != nil {
		return fmt.Errorf("settle %s: part %s: %w", partTags.name, part.PartID, err)
	}
	for _, name := range names {
		if err := d.tags.write(d.ctx, &partTagRow{ConversationID: part.ConversationID, PartID: part.PartID, Tag: name}); err != nil {
			return err
		}
	}
	return nil
}

func (d *fromParts) finish() error { return d.tags.finish() }

// writeConversations merges the new records of conversations, and makes of all
// records the conversations and their tags as a whole.
func (r *run) writeConversations(ctx context.Context, g *gather[conversationRecordRow]) error {
	d := &fromRecords{ctx: ctx, conversations: newOutput(r, &conversations), tags: newOutput(r, &partTags)}
	defer d.conversations.abandon()
	defer d.tags.abandon()
	return rewrite(ctx, r, g, d)
}

type fromRecords struct {
	ctx           context.Context
	conversations *output[conversationRow]
	tags          *output[partTagRow]
	records       []conversationRecordRow // of one conversation
}

func (d *fromRecords) begin() error {
	if err := d.conversations.begin(""); err != nil {
		return err
	}
	return d.tags.begin(tagsOfConversations)
}

func (d *fromRecords) take(row *conversationRecordRow) error {
	if len(d.records) > 0 && d.records[0].ConversationID != row.ConversationID {
		if err := d.fold(); err != nil {
			return err
		}
	}
	d.records = append(d.records, *row)
	return nil
}

func (d *fromRecords) fold() error {
	row, tags, err := foldConversation(d.records)
	if err != nil {
		return fmt.Errorf("settle %s: %w", conversations.name, err)
	}
	d.records = d.records[:0]
	for _, tag := range tags {
		if err := d.tags.write(d.ctx, &partTagRow{ConversationID: row.ConversationID, Tag: tag}); err != nil {
			return err
		}
	}
	return d.conversations.write(d.ctx, &row)
}

func (d *fromRecords) finish() error {
	if len(d.records) > 0 {
		if err := d.fold(); err != nil {
			return err
		}
	}
	if err := d.tags.finish(); err != nil {
		return err
	}
	return d.conversations.finish()
}
