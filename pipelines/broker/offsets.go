package broker

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/record"
)

// Offsets are those of one partition that can be read now, from First up to End
// (exclusive): transactions that are still open lie behind End.
type Offsets struct{ First, End int64 }

// Offsets are what can be read of each partition of each kind's topic, by topic
// and partition. A topic that is not there is left out.
func (b *Broker) Offsets(ctx context.Context) (map[string]map[int32]Offsets, error) {
	metadata, err := b.client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	ours := map[string]bool{}
	for _, kind := range record.Kinds() {
		ours[kind.Topic(b.config.TopicPrefix)] = true
	}
	ask := map[string][]kafka.OffsetRequest{}
	for _, topic := range metadata.Topics {
		if !ours[topic.Name] {
			continue
		}
		for _, partition := range topic.Partitions {
			ask[topic.Name] = append(ask[topic.Name], kafka.FirstOffsetOf(partition.ID), kafka.LastOffsetOf(partition.ID))
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	answer, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: ask, IsolationLevel: kafka.ReadCommitted})
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	found := map[string]map[int32]Offsets{}
	for topic, partitions := range answer.Topics {
		found[topic] = map[int32]Offsets{}
		for _, partition := range partitions {
			if partition.Error != nil {
				return nil, fmt.Errorf("list offsets of %s, partition %d: %w", topic, partition.Partition, partition.Error)
			}
			found[topic][int32(partition.Partition)] = Offsets{First: partition.FirstOffset, End: partition.LastOffset}
		}
	}
	return found, nil
}
