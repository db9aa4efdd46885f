package landing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"parley/pipelines/lake"
)

// atOnce is how many partitions Once lands at a time: more would not be faster,
// and each holds a file's row group in memory.
const atOnce = 8

// Once lands what Kafka has now: every partition from the log's end to the
// present end, several at a time, and returns. Other processes may land at the
// same time; each record lands once all the same, and the summary counts what
// this call has landed. After an error everything in the summary has landed.
// It knows no breaker: what it takes is bounded by what is there, and whoever
// called it is told at once how much could not be read.
func Once(ctx context.Context, config Config) (Summary, error) {
	if err := config.Validate(); err != nil {
		return Summary{}, err
	}
	if err := config.Lake.Check(); err != nil {
		return Summary{}, err
	}
	config, err := config.complete()
	if err != nil {
		return Summary{}, err
	}
	if config.Patience == 0 {
		config.Patience = 30 * time.Second
	}
	source := newSource(config)
	defer source.close()
	patience := patience{limit: config.Patience, logger: config.Logger, metrics: config.Metrics}
	topics, err := source.awaitLayout(ctx, config, patience)
	if err != nil {
		return Summary{}, err
	}
	ends := map[string]map[int32]offsets{}
	for topic, partitions := range topics.partitions {
		err := patience.ask(ctx, "list the offsets of "+topic, func() (err error) {
			ends[topic], err = source.offsets(ctx, topic, partitions...)
			return err
		})
		if err != nil {
			return Summary{}, err
		}
	}
	total, err := waiting(config, ends)
	if err != nil {
		return Summary{}, err
	}
	meter := newMeter(config.Progress, total)
	defer meter.start()()

	var mutex sync.Mutex
	var summary Summary
	landedTo := map[string][]kafka.OffsetCommit{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for topic, partitions := range ends {
		for id, has := range partitions {
			kind := topics.kinds[topic]
			p := &partition{
				config: config, source: source, topic: topic, kind: kind, id: id, cluster: topics.cluster,
				bytes: fetchBytes(atOnce), patience: patience, meter: meter,
				onLanded: func(landed *lake.Entry) {
					mutex.Lock()
					defer mutex.Unlock()
					summary.add(kind, landed)
				},
			}
			group.Go(func() error {
				p.metrics = config.Metrics.of(topic, id)
				defer p.metrics.forget()
				if err := p.land(groupCtx, has.stable); err != nil {
					return fmt.Errorf("land %s, partition %d: %w", topic, id, err)
				}
				mutex.Lock()
				defer mutex.Unlock()
				landedTo[topic] = append(landedTo[topic], kafka.OffsetCommit{Partition: int(id), Offset: has.stable})
				return nil
			})
		}
	}
	err = group.Wait()
	if err == nil {
		source.tellLag(ctx, config, landedTo)
	}
	return summary, err
}

// waiting is how many offsets lie between the log's end and Kafka's.
func waiting(config Config, ends map[string]map[int32]offsets) (int64, error) {
	if config.Progress == nil {
		return 0, nil
	}
	var total int64
	for topic, partitions := range ends {
		for id, has := range partitions {
			tail, _, err := config.Lake.Tail(topic, id)
			if err != nil {
				return 0, err
			}
			total += max(0, has.stable-max(tail.End, has.first))
		}
	}
	return total, nil
}

// tellLag commits the offsets to Kafka, for displays of the lag alone: Kafka
// refuses while members of the group are landing, which is as well.
func (s *source) tellLag(ctx context.Context, config Config, landedTo map[string][]kafka.OffsetCommit) {
	answer, err := s.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: config.Group, GenerationID: -1, Topics: landedTo})
	if err == nil {
		for _, partitions := range answer.Topics {
			for _, partition := range partitions {
				err = errors.Join(err, partition.Error)
			}
		}
	}
	if err != nil {
		config.Logger.Debug("Kafka was not told what has landed; displays of the lag are behind", "error", err)
	}
}

// fetchBytes is how much one fetch brings at most, where partitions are
// fetched side by side. Each holds three answers at the most, and what was
// compressed in them besides.
func fetchBytes(partitions int) int {
	return min(max(32<<20/max(partitions, 1), 512<<10), 2<<20)
}
