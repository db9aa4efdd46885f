package landing

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// source is Kafka, as landing asks it.
type source struct {
	transport *kafka.Transport
	client    *kafka.Client
	versions  brokerVersions
}

// clientID is how Kafka's own logs and quotas call landing.
const clientID = "parley-landing"

func newSource(config Config) *source {
	transport := config.Security.Transport(clientID)
	return &source{
		transport: transport,
		client:    &kafka.Client{Addr: kafka.TCP(config.Addrs...), Timeout: 30 * time.Second, Transport: transport},
	}
}

func (s *source) close() { s.transport.CloseIdleConnections() }

// offsets is what Kafka has of a partition.
type offsets struct {
	first  int64 // the first offset that it still has
	stable int64 // records below it may be read: no transaction is open there
	end    int64 // the offset of the next record
}

// offsets asks for what Kafka has of the topic's partitions now.
func (s *source) offsets(ctx context.Context, topic string, partitions ...int32) (map[int32]offsets, error) {
	var ask []kafka.OffsetRequest
	for _, partition := range partitions {
		ask = append(ask, kafka.FirstOffsetOf(int(partition)), kafka.LastOffsetOf(int(partition)))
	}
	found := map[int32]offsets{}
	for _, isolation := range []kafka.IsolationLevel{kafka.ReadCommitted, kafka.ReadUncommitted} {
		answer, err := s.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: ask}, IsolationLevel: isolation,
		})
		if err != nil {
			return nil, err
		}
		for _, partition := range answer.Topics[topic] {
			if partition.Error != nil {
				return nil, fmt.Errorf("partition %d: %w", partition.Partition, partition.Error)
			}
			has := found[int32(partition.Partition)]
			has.first = partition.FirstOffset
			if isolation == kafka.ReadCommitted {
				has.stable = partition.LastOffset
			} else {
				has.end = partition.LastOffset
			}
			found[int32(partition.Partition)] = has
		}
	}
	for _, partition := range partitions {
		if _, ok := found[partition]; !ok {
			return nil, fmt.Errorf("partition %d: it is not in the answer", partition)
		}
	}
	return found, nil
}

// topicID is Kafka's id of the topic, which another topic of the same name does
// not have; zero from a Kafka before 2.8.
func (s *source) topicID(ctx context.Context, topic string) (topicID, error) {
	ctx, cancel := context.WithTimeout(ctx, s.client.Timeout)
	defer cancel()
	request := kmsg.NewPtrMetadataRequest()
	named := kmsg.NewMetadataRequestTopic()
	named.Topic = &topic
	request.Topics = append(request.Topics, named)
	answer, err := s.exchange(ctx, &exchange{request: request, version: func(newest int16) (int16, error) {
		return min(newest, 12), nil
	}})
	if err != nil {
		return topicID{}, err
	}
	metadata, ok := answer.(*kmsg.MetadataResponse)
	if !ok || len(metadata.Topics) != 1 {
		return topicID{}, errors.New("no answer about the topic")
	}
	if code := metadata.Topics[0].ErrorCode; code != 0 {
		return topicID{}, kafka.Error(code)
	}
	return metadata.Topics[0].TopicID, nil
}

// topicID is Kafka's id of a topic. Zero: it has none.
type topicID [16]byte

// String is the id as Kafka's own tools write it.
func (id topicID) String() string {
	if id == (topicID{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(id[:])
}

func (s *source) exchange(ctx context.Context, e *exchange) (kmsg.Response, error) {
	e.known = &s.versions
	response, err := s.transport.RoundTrip(ctx, s.client.Addr, e)
	if err != nil {
		return nil, err
	}
	if _, ok := response.(*exchange); !ok {
		return nil, fmt.Errorf("a request was answered with %T", response)
	}
	return e.answer, nil
}

// errNothing is what a fetch below the stable end gives that brings no batch:
// records may lie there, so it is no reason to go on.
var errNothing = errors.New("an empty answer where Kafka has records")

// fetch asks for the records of the partition of the topic with this id from the
// offset on into the chunk, whose memory it reuses, and waits a while if there
// are none yet.
func (s *source) fetch(ctx context.Context, into *chunk, topic string, id topicID, partition int32, from int64, maxBytes int, wait time.Duration) error {
	memory := into.answer
	// After a fault the answer may still be coming in, into memory that is no longer ours.
	*into = chunk{messages: into.messages[:0], next: from, unpacked: into.unpacked[:0]}
	ctx, cancel := context.WithTimeout(ctx, wait+30*time.Second)
	defer cancel()
	request := kmsg.NewPtrFetchRequest()
	request.MaxWaitMillis, request.MinBytes, request.MaxBytes = int32(wait.Milliseconds()), 1, int32(maxBytes)
	request.IsolationLevel = int8(kafka.ReadCommitted)
	request.SessionEpoch = -1
	asked, of := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	of.Partition, of.FetchOffset, of.PartitionMaxBytes = partition, from, int32(maxBytes)
	asked.Topic, asked.TopicID, asked.Partitions = topic, id, append(asked.Partitions, of)
	request.Topics = append(request.Topics, asked)
	e := &exchange{
		request: request, leader: &leader{topic, partition}, memory: memory,
		version: func(newest int16) (int16, error) {
			switch {
			case newest < 4:
				return 0, fmt.Errorf("the broker is older than Kafka 0.11: %w", kafka.UnsupportedVersion)
			case id == topicID{}:
				return min(newest, 12), nil // names the topic by its name
			default:
				return min(newest, 13), nil // 13 names it by its id: no other topic's records are taken for this one's
			}
		},
	}
	response, err := s.exchange(ctx, e)
	if err != nil {
		return err
	}
	answer, ok := response.(*kmsg.FetchResponse)
	if !ok {
		return fmt.Errorf("a fetch was answered with %T", response)
	}
	if answer.ErrorCode != 0 {
		return kafka.Error(answer.ErrorCode)
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return errors.New("a fetch was answered without the partition")
	}
	has := &answer.Topics[0].Partitions[0]
	if has.ErrorCode != 0 {
		return kafka.Error(has.ErrorCode)
	}
	if err := into.fill(has, from); err != nil {
		return err
	}
	into.answer = e.memory
	if into.next == from && from < has.LastStableOffset && answer.ThrottleMillis == 0 {
		return errNothing
	}
	return nil
}
