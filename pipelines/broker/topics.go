package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/record"
)

// EnsureTopics makes the topics that are missing, one for each kind, and says
// which. It sets no time after which Kafka forgets their records: Kafka counts
// it from a record's own time, and a history that is imported is old.
func (b *Broker) EnsureTopics(ctx context.Context) (created []string, err error) {
	metadata, err := b.client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	there := map[string]bool{}
	for _, topic := range metadata.Topics {
		there[topic.Name] = true
	}
	request := &kafka.CreateTopicsRequest{}
	for _, kind := range record.Kinds() {
		if topic := kind.Topic(b.config.TopicPrefix); !there[topic] {
			request.Topics = append(request.Topics, kafka.TopicConfig{
				Topic:             topic,
				NumPartitions:     b.config.Partitions,
				ReplicationFactor: -1, // as the cluster has it
				ConfigEntries:     []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "-1"}},
			})
		}
	}
	if len(request.Topics) == 0 {
		return nil, nil
	}
	response, err := b.client.CreateTopics(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("create topics: %w", err)
	}
	var faults []error
	for topic, fault := range response.Errors {
		switch {
		case fault == nil:
			created = append(created, topic)
		case !errors.Is(fault, kafka.TopicAlreadyExists): // another process was quicker
			faults = append(faults, fmt.Errorf("create topic %s: %w", topic, fault))
		}
	}
	slices.Sort(created)
	return created, errors.Join(faults...)
}
