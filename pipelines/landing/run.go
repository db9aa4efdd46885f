package landing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/lake"
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
	if err := config.Lake.Check(); err != nil {
		return err
	}
	config, err := config.complete()
	if err != nil {
		return err
	}
	r := &runner{config: config}
	r.patience = patience{limit: r.config.Patience, logger: r.config.Logger, metrics: r.config.Metrics}
	r.source = newSource(r.config)
	defer r.source.close()
	r.meter = newMeter(r.config.Progress, 0)
	defer r.meter.start()()
	topics, err := r.source.awaitLayout(ctx, r.config, r.patience)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	return r.follow(ctx, topics)
}

type runner struct {
	config   Config
	patience patience
	source   *source
	meter    *meter
}

// follow lands the partitions that the group gives this process, in one
// generation after the other.
func (r *runner) follow(ctx context.Context, topics layout) error {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                    r.config.Group,
		Brokers:               r.config.Addrs,
		Dialer:                r.config.Security.Dialer("parley-landing"),
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
	for {
		var generation *kafka.Generation
		// The first time after a broker's start it is still making its own topics.
		err := r.patience.ask(following, "join the group "+r.config.Group, func() (err error) {
			generation, err = group.Next(following)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		r.start(generation, topics, giveUp)
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
				bytes: fetchBytes(assigned), patience: r.patience, meter: r.meter,
				breaker: &breaker{share: r.config.BreakerShare, window: r.config.BreakerWindow},
			}
			p.onLanded = func(landed *lake.Entry) {
				// For displays of the lag alone; the log says what has landed.
				err := generation.CommitOffsets(map[string]map[int]int64{topic: {assignment.ID: landed.End}})
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
	p.metrics = p.config.Metrics.of(p.topic, p.id)
	defer p.metrics.forget()
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
		if errors.As(err, &silent) || lasting(err) {
			giveUp(err)
			<-ctx.Done()
			return
		}
		p.config.Logger.Error("landing stands still; trying again", "topic", p.topic, "partition", p.id, "error", err)
		p.metrics.set(paused, 1)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		p.metrics.set(paused, 0)
	}
}
