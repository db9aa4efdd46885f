package landing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/record"
	"parley/pipelines/yamlfile"
)

// layout is what there is to land.
type layout struct {
	cluster    string             // Kafka's id
	partitions map[string][]int32 // by topic
	kinds      map[string]record.Kind
}

// layout asks which topics there are. It is an error if one of ours is missing.
func (s *source) layout(ctx context.Context, config Config) (layout, error) {
	metadata, err := s.client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return layout{}, err
	}
	found := layout{cluster: metadata.ClusterID, partitions: map[string][]int32{}, kinds: map[string]record.Kind{}}
	var ours, missing []string
	for _, kind := range record.Kinds() {
		topic := kind.Topic(config.TopicPrefix)
		ours = append(ours, topic)
		found.kinds[topic] = kind
	}
	for _, topic := range metadata.Topics {
		if _, ok := found.kinds[topic.Name]; !ok {
			warnOfStranger(config, topic, ours)
			continue
		}
		if topic.Error != nil {
			return layout{}, fmt.Errorf("topic %s: %w", topic.Name, topic.Error)
		}
		for _, partition := range topic.Partitions {
			found.partitions[topic.Name] = append(found.partitions[topic.Name], int32(partition.ID))
		}
		slices.Sort(found.partitions[topic.Name])
	}
	for _, topic := range ours {
		if len(found.partitions[topic]) == 0 {
			missing = append(missing, topic)
		}
	}
	if len(missing) > 0 {
		return layout{}, &MissingTopicsError{Topics: missing}
	}
	return found, nil
}

// awaitLayout asks for the layout until Kafka answers.
func (s *source) awaitLayout(ctx context.Context, config Config, patience patience) (found layout, err error) {
	err = patience.ask(ctx, "list the topics of Kafka at "+strings.Join(config.Addrs, ", "), func() (err error) {
		found, err = s.layout(ctx, config)
		return config.Security.Suspect(err)
	})
	return found, err
}

// MissingTopicsError says which topics Kafka does not have.
type MissingTopicsError struct{ Topics []string }

func (e *MissingTopicsError) Error() string {
	return fmt.Sprintf("Kafka has no topic %s; create it, or see to it that kafka.topic_prefix is right", strings.Join(e.Topics, ", "))
}

// warnOfStranger warns of a topic that has our prefix and is none of ours: who
// produces to it may wait for its records in vain.
func warnOfStranger(config Config, topic kafka.Topic, ours []string) {
	if topic.Internal || config.TopicPrefix == "" || !strings.HasPrefix(topic.Name, config.TopicPrefix) {
		return
	}
	config.Logger.Warn("topic " + topic.Name + " is none of Parley's and does not land" + yamlfile.DidYouMean(topic.Name, ours))
}
