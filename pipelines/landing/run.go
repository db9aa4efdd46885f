package landing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// Run lands records as they come, until ctx ends; it then brings into the log
// what it holds, and returns nil. Processes that run it with the same group
// share the partitions. Whatever passes is waited for and said to the logger: a
// Kafka that does not answer, a disk that is full. An error is what does not
// pass: a topic that is missing, a Kafka that refuses, one that has not
// answered for longer than Patience.
func Run(ctx context.Context, config Config) error {
	if err := config.Validate(); err != nil {
		return err
	}
	r := &runner{config: config.withDefaults()}
	r.source = newSource(r.config)
	defer r.source.close()
	r.meter = newMeter(r.config.Progress, 0)
	defer r.meter.end()
	topics, err := r.awaitLayout(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	return r.follow(ctx, topics)
}

type runner struct {
	config Config
	source *source
	meter  *meter
}

// awaitLayout asks for the topics until Kafka answers.
func (r *runner) awaitLayout(ctx context.Context) (layout, error) {
	began := time.Now()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		topics, err := r.source.layout(ctx, r.config)
		if err == nil || lasting(err) {
			return topics, err
		}
		if err := r.wait(ctx, began, pause, err); err != nil || ctx.Err() != nil {
			return layout{}, err
		}
	}
}

// wait waits after a fault of Kafka's, or gives it back if it has lasted too long.
func (r *runner) wait(ctx context.Context, since time.Time, pause time.Duration, fault error) error {
	if ctx.Err() != nil {
		return nil
	}
	if r.config.Patience > 0 && time.Since(since) > r.config.Patience {
		return &silentError{For: r.config.Patience, Fault: fault}
	}
	r.config.Logger.Warn("Kafka does not answer; trying again", "error", fault)
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	return nil
}

// follow lands the partitions that the group gives this process, in one
// generation after the other.
func (r *runner) follow(ctx context.Context, topics layout) error {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                    r.config.Group,
		Brokers:               r.config.Addrs,
		Topics:                slices.Sorted(maps.Keys(topics.partitions)),
		WatchPartitionChanges: true,
		HeartbeatInterval:     time.Second,
		SessionTimeout:        10 * time.Second,
		RebalanceTimeout:      2 * drainDeadline,
		JoinGroupBackoff:      time.Second,
	})
	if err != nil {
		return fmt.Errorf("join the group %s: %w", r.config.Group, err)
	}
	// Closing ends the generation and waits for its partitions.
	defer group.Close()
	following, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var silent time.Time // since when the group gives no generation
	for {
		generation, err := group.Next(following)
		switch {
		case ctx.Err() != nil:
			return nil
		case following.Err() != nil:
			return context.Cause(following)
		case err == nil:
			silent = time.Time{}
			r.start(generation, topics, giveUp)
		case errors.Is(err, kafka.RebalanceInProgress):
		case refused(err):
			return fmt.Errorf("join the group %s: %w", r.config.Group, err)
		default:
			// The first time after a broker's start it is still making its own topics.
			if silent.IsZero() {
				silent = time.Now()
			}
			if err := r.wait(ctx, silent, 100*time.Millisecond, err); err != nil {
				return err
			}
		}
	}
}

// start lands the generation's partitions until it ends.
func (r *runner) start(generation *kafka.Generation, topics layout, giveUp context.CancelCauseFunc) {
	assigned := 0
	for _, partitions := range generation.Assignments {
		assigned += len(partitions)
	}
	r.config.Logger.Info("landing", "partitions", assigned, "generation", generation.ID)
	for topic, partitions := range generation.Assignments {
		for _, assignment := range partitions {
			p := &partition{
				config: r.config, source: r.source, topic: topic, kind: topics.kinds[topic], id: int32(assignment.ID), cluster: topics.cluster,
				bytes: fetchBytes(assigned), patience: r.config.Patience, meter: r.meter,
			}
			p.onLanded = func(landed *landed) {
				// For displays of the lag alone; the log says what has landed.
				err := generation.CommitOffsets(map[string]map[int]int64{topic: {assignment.ID: landed.entry.End}})
				if err != nil {
					r.config.Logger.Debug("Kafka was not told what has landed; displays of the lag are behind", "error", err)
				}
			}
			generation.Start(func(ctx context.Context) { p.keepLanding(ctx, giveUp) })
		}
	}
}

// keepLanding lands the partition until ctx ends: a fault of the lake is said
// and tried again, because the disk may have room again.
func (p *partition) keepLanding(ctx context.Context, giveUp context.CancelCauseFunc) {
	const calm = time.Minute // after which a fault is a new one
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		began := time.Now()
		err := p.land(ctx, untilStopped)
		if time.Since(began) > calm {
			pause = time.Second
		}
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, ctx.Err()) {
				p.config.Logger.Warn("what was held is left to the partition's next owner", "topic", p.topic, "partition", p.id, "error", err)
			}
			return
		}
		var silent *silentError
		if errors.As(err, &silent) || refused(err) {
			giveUp(err)
			<-ctx.Done()
			return
		}
		p.config.Logger.Error("landing stands still; trying again", "topic", p.topic, "partition", p.id, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
