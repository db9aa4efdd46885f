package landing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// partition lands one partition, for as long as it is this process's.
type partition struct {
	config   Config
	source   *source
	topic    string
	kind     record.Kind
	id       int32
	cluster  string // Kafka's id
	bytes    int    // of one fetch at most
	patience patience
	meter    *meter
	metrics  partitionMetrics
	breaker  *breaker // nil: none
	lag      int64    // as the meter was told
	shrunk   int      // how often, one after the other, Kafka had less of the topic than has landed
	// onLanded is told of each entry that this process has appended.
	onLanded func(*lake.Entry)
}

func (p *partition) name() string { return fmt.Sprintf("%s, partition %d", p.topic, p.id) }

// untilStopped is the end of a partition that is landed until its context ends.
const untilStopped = -1

// drainDeadline is how long a partition that is taken away may take to bring
// into the log what it holds: less than Kafka waits in a rebalance.
const drainDeadline = 10 * time.Second

// land lands the partition up to the offset until (exclusive), or until ctx
// ends. It then has brought into the log what it held, if that went in time.
func (p *partition) land(ctx context.Context, until int64) error {
	sink, err := newSink(p.config, p.kind, p.topic, p.id)
	if err != nil {
		return err
	}
	if p.breaker != nil {
		sink.refused = p.breaker.refuse
	}
	defer p.behind(0)
	for {
		err := p.landFrom(ctx, sink, until)
		if sink.taken > 0 {
			p.meter.add(step{records: -sink.taken}) // they will be taken again
		}
		sink.discard()
		switch {
		case errors.Is(err, errFlooded):
			p.pause(ctx, p.breaker.rest)
		case errors.Is(err, lake.ErrFenced):
			p.metrics.fenced()
			p.config.Logger.Info("another process has landed from here; going on from where it is", "topic", p.topic, "partition", p.id, "offset", sink.start)
		case errors.Is(err, errMoved):
			// A broker may not have heard yet of a topic that was just made.
			p.pause(ctx, 100*time.Millisecond)
		case errors.Is(err, errShrunk):
			p.pause(ctx, time.Second)
		default:
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (p *partition) pause(ctx context.Context, pause time.Duration) {
	select {
	case <-ctx.Done():
	case <-p.config.after(pause):
	}
}

// landFrom lands from the log's end on. An error that is lake.ErrFenced, errMoved
// or errShrunk asks to be called again.
func (p *partition) landFrom(ctx context.Context, sink *sink, until int64) error {
	at, err := p.locate(ctx, sink)
	if err != nil {
		return err
	}
	sink.begin(at)
	if p.breaker != nil {
		p.breaker.reset() // what it has seen may come again
	}
	if until != untilStopped {
		until = min(until, at.stable) // the topic may have been made anew, and be shorter
		if sink.next >= until {
			return nil
		}
	}
	fetching, stop := context.WithCancel(ctx)
	defer stop()
	ahead := p.fetchAhead(fetching, sink.next, at.topicID)
	timer := time.NewTimer(p.config.RotateEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return p.drain(ctx, sink)
		case <-timer.C:
			if until == untilStopped {
				if err := p.commit(sink); err != nil {
					return err
				}
			}
			timer.Reset(p.config.RotateEvery)
		case fetched := <-ahead.chunks:
			if fetched.err != nil {
				if ctx.Err() != nil {
					return p.drain(ctx, sink)
				}
				// What came before the fault counts.
				return errors.Join(fetched.err, p.commit(sink))
			}
			if !sink.holds() {
				timer.Reset(p.config.RotateEvery) // it counts from the first record that waits
			}
			if err := p.takeChunk(sink, fetched.chunk); err != nil {
				return err
			}
			ahead.free <- fetched.chunk
			if until != untilStopped && sink.next >= until {
				return p.commit(sink)
			}
		}
	}
}

// takeChunk takes a fetch's answer, and ends files as they become full.
func (p *partition) takeChunk(sink *sink, c *chunk) error {
	for messages := c.messages; len(messages) > 0; {
		some := messages
		if p.breaker != nil {
			some = messages[:min(len(messages), p.breaker.left())]
		}
		n, err := sink.take(some)
		if err != nil {
			return err
		}
		messages = messages[n:]
		p.meter.add(step{records: int64(n)})
		if err := p.judge(n); err != nil {
			// What was taken so far lands.
			return cmp.Or(p.commit(sink), err)
		}
		if sink.full() {
			if err := p.commit(sink); err != nil {
				return err
			}
		}
	}
	sink.passed(c.next)
	p.behind(max(c.end-c.next, 0))
	// The answer's memory is used again.
	if err := sink.flush(); err != nil {
		return err
	}
	if sink.full() {
		return p.commit(sink)
	}
	return nil
}

func (p *partition) commit(sink *sink) error {
	began := time.Now()
	landed, err := sink.commit()
	if err != nil {
		return err
	}
	p.tell(landed, time.Since(began))
	return nil
}

// tell tells of what has landed, if anything has, and how long that took.
func (p *partition) tell(landed *lake.Entry, took time.Duration) {
	if landed == nil {
		return
	}
	p.metrics.committed(*landed, took)
	p.meter.add(step{files: len(landed.Files), bytes: sizeOf(landed.Files), dead: landed.Dead})
	p.onLanded(landed)
}

// drain brings into the log what the sink holds, when the partition is taken
// away or landing is to end. It takes no longer than may be: what it then has
// not done it drops, and the next owner reads it again. That is harmless if
// the disk comes round later after all, because the log lets one of the two in.
func (p *partition) drain(ctx context.Context, held *sink) error {
	if !held.holds() {
		return context.Cause(ctx)
	}
	work := *held
	// The tables go with the work: the caller's sink must not touch them again.
	fresh, err := newSink(p.config, p.kind, p.topic, p.id)
	if err != nil {
		return err
	}
	*held = *fresh
	type outcome struct {
		landed *lake.Entry
		err    error
	}
	done, began := make(chan outcome, 1), time.Now()
	go func() {
		landed, err := work.commit()
		work.discard() // what a fault has left
		done <- outcome{landed, err}
	}()
	deadline := time.NewTimer(drainDeadline)
	defer deadline.Stop()
	select {
	case is := <-done:
		if is.err != nil && !errors.Is(is.err, lake.ErrFenced) {
			return is.err
		}
		p.tell(is.landed, time.Since(began))
	case <-deadline.C:
		p.config.Logger.Warn("could not end a file in time; its records are left to the partition's next owner", "topic", p.topic, "partition", p.id)
	}
	return context.Cause(ctx)
}

// behind notes how many records Kafka has beyond what was taken.
func (p *partition) behind(records int64) {
	p.meter.add(step{lag: records - p.lag})
	p.lag = records
	p.metrics.set(lag, float64(records))
}

// fetched is one answer, or the error after which there are no more.
type fetched struct {
	chunk *chunk
	err   error
}

type fetcher struct {
	chunks chan fetched
	free   chan *chunk // answers that have been taken, to be used again
}

// fetchAhead fetches while what it fetched before is taken.
func (p *partition) fetchAhead(ctx context.Context, from int64, id topicID) *fetcher {
	const ahead = 2
	f := &fetcher{chunks: make(chan fetched), free: make(chan *chunk, ahead+1)}
	for range ahead {
		f.free <- &chunk{}
	}
	go func() {
		next := from
		for {
			var c *chunk
			select {
			case c = <-f.free:
			case <-ctx.Done():
				return
			}
			err := p.patience.ask(ctx, "fetch "+p.name(), func() error {
				return p.source.fetch(ctx, c, p.topic, id, p.id, next, p.bytes, time.Second)
			})
			if err == nil && c.next == next {
				f.free <- c // nothing new
				continue
			}
			next = c.next
			select {
			case f.chunks <- fetched{c, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return f
}
