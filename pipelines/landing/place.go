package landing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/lake"
)

// place is where in the log a partition goes on.
type place struct {
	epoch   int32
	offset  int64
	stable  int64 // up to which Kafka's records may be read now
	cluster string
	topicID topicID
}

// errShrunk says that Kafka has less of the same topic than has landed. The broker
// may be one that was stopped, and does not know yet that another leads the
// partition: it is asked again before that is believed.
var errShrunk = errors.New("the topic has less than has landed")

// shrunkLooks is how often that must be so, a second apart: far longer than a
// broker that goes on takes to learn who leads.
const shrunkLooks = 20

// locate says where the partition goes on: at the end of the log. It raises
// the epoch when the topic was made anew, and enters into the log a gap that
// Kafka's retention has left.
func (p *partition) locate(ctx context.Context, sink *sink) (place, error) {
	// The log first: while it is read, Kafka's end only moves on.
	tail, found, err := p.config.Lake.Tail(p.topic, p.id)
	if err != nil {
		return place{}, err
	}
	var has offsets
	var id topicID
	err = p.patience.ask(ctx, "list the offsets of "+p.name(), func() (err error) {
		has, id, err = p.offsets(ctx)
		return err
	})
	if err != nil {
		return place{}, err
	}
	if found && tail.End > has.end && id != (topicID{}) && tail.TopicID == id.String() && p.shrunk < shrunkLooks {
		if p.shrunk++; p.shrunk == 1 {
			p.config.Logger.Warn("Kafka has less than has landed; it is asked again before that is believed", "topic", p.topic, "partition", p.id, "kafka", has.end, "log", tail.End)
		}
		return place{}, errShrunk
	}
	p.shrunk = 0
	at := place{epoch: tail.Epoch, offset: tail.End, stable: has.stable, cluster: p.cluster, topicID: id}
	if found {
		if at.epoch, at.offset, err = p.goOn(tail, id, has); err != nil {
			return place{}, err
		}
	}
	if has.first > at.offset {
		gone, err := p.gone(ctx, id, at.offset)
		if err != nil {
			return place{}, err
		}
		if !gone {
			return place{}, errMoved // they were another topic's offsets, of a leader that is none any more
		}
		gap := sink.gap(at, has.first)
		if err := p.config.Lake.Append(gap); err != nil {
			return place{}, err
		}
		if at.offset > 0 {
			p.config.Logger.Warn("Kafka no longer has records that have not landed: its retention is too short; the gap stands in the log", "topic", p.topic, "partition", p.id, "from", gap.Start, "to", gap.End)
		}
		p.metrics.committed(gap, 0)
		p.onLanded(&gap)
		at.offset = has.first
	}
	if found {
		p.metrics.set(lastCommit, float64(tail.At.Unix()))
	}
	p.behind(max(has.end-at.offset, 0))
	return at, nil
}

// gone says whether Kafka no longer has the record at the offset. What it has as
// its first offset is asked for by the topic's name, and may be a former topic's.
func (p *partition) gone(ctx context.Context, id topicID, offset int64) (gone bool, err error) {
	err = p.patience.ask(ctx, "fetch "+p.name(), func() error {
		err := p.source.fetch(ctx, &chunk{}, p.topic, id, p.id, offset, p.bytes, time.Millisecond)
		if gone = errors.Is(err, kafka.OffsetOutOfRange); gone {
			return nil
		}
		return err
	})
	return gone, err
}

// goOn is the epoch and the offset at which landing goes on after the log's
// tail: right there, unless the topic is not the one that landed last.
func (p *partition) goOn(tail lake.Entry, id topicID, has offsets) (epoch int32, offset int64, err error) {
	why, another := "", true
	switch {
	case tail.Cluster != "" && p.cluster != "" && tail.Cluster != p.cluster:
		why = "it is on another Kafka cluster"
	case tail.TopicID != "" && id != (topicID{}) && tail.TopicID != id.String():
		why = "Kafka knows it by another id"
	case tail.End > has.end:
		why, another = fmt.Sprintf("Kafka ends at %d, the log at %d", has.end, tail.End), false
	default:
		return tail.Epoch, tail.End, nil
	}
	if another {
		earlier, found, err := p.earlier(id, has)
		if err != nil {
			return 0, 0, err
		}
		if found {
			p.config.Logger.Warn("the topic is not the one that landed last: "+why+"; it landed before that, and goes on where it was", "topic", p.topic, "partition", p.id, "epoch", earlier.Epoch)
			return earlier.Epoch, earlier.End, nil
		}
	}
	p.config.Logger.Warn("the topic was made anew: "+why+"; it is landed from its beginning", "topic", p.topic, "partition", p.id, "epoch", tail.Epoch+1)
	return tail.Epoch + 1, 0, nil
}

// earlier is the end of what has landed from this very topic of this cluster
// before others took its place: whoever lands from two clusters by turns lands
// each record once.
func (p *partition) earlier(id topicID, has offsets) (earlier lake.Entry, found bool, err error) {
	if p.cluster == "" || id == (topicID{}) {
		return lake.Entry{}, false, nil
	}
	tails, err := p.config.Lake.Tails(p.topic, p.id)
	if err != nil {
		return lake.Entry{}, false, err
	}
	for _, tail := range slices.Backward(tails) {
		if tail.Cluster == p.cluster && tail.TopicID == id.String() && tail.End <= has.end {
			return tail, true, nil
		}
	}
	return lake.Entry{}, false, nil
}

// offsets asks for what Kafka has of the partition, and of which topic.
func (p *partition) offsets(ctx context.Context) (offsets, topicID, error) {
	id, err := p.source.topicID(ctx, p.topic)
	if err != nil {
		return offsets{}, topicID{}, err
	}
	all, err := p.source.offsets(ctx, p.topic, p.id)
	if err != nil {
		return offsets{}, topicID{}, err
	}
	again, err := p.source.topicID(ctx, p.topic)
	if err == nil && again != id {
		err = errors.New("the topic is just being made anew")
	}
	return all[p.id], id, err
}
