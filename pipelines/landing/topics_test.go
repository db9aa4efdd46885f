package landing

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// makeAnew deletes the topic of events and makes it again.
func (b *bench) makeAnew() {
	b.Helper()
	admin := &kafka.Client{Addr: kafka.TCP(b.broker.Addrs()...)}
	topic := b.prefix + "events"
	source := newSource(b.config())
	defer source.close()
	before, err := source.topicID(b.Context(), topic)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := admin.DeleteTopics(b.Context(), &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err != nil || answer.Errors[topic] != nil {
		b.Fatal(err, answer)
	}
	b.eventually("make the topic anew", func() bool {
		answer, err := admin.CreateTopics(b.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 3, ReplicationFactor: 1}}})
		if err == nil {
			err = answer.Errors[topic]
		}
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			b.Fatal(err)
		}
		return err == nil
	})
	// Kafka answers before its brokers have heard of it: until then they take
	// records for the former topic, and delete them with it.
	b.eventually("have the new topic", func() bool {
		id, err := source.topicID(b.Context(), topic)
		for partition := range int32(3) {
			if err == nil && id != before {
				err = source.fetch(b.Context(), &chunk{}, topic, id, partition, 0, 1<<20, time.Millisecond)
			}
		}
		return err == nil && id != before
	})
}

// TestTopicMadeAnewWithMore: its offsets alone would not tell it from the former.
func TestTopicMadeAnewWithMore(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		config := b.config()
		config.RotateEvery = 20 * time.Millisecond
		b.produceTo(b.client(), 0, 0, 5)
		b.once(config)
		b.makeAnew()
		b.produceTo(b.client(), 0, 5, 20)
		log := &logged{}
		config.Logger = log.logger()
		b.once(config)
		b.hasEvents(25)
		entries := b.verify()
		if len(entries) != 2 || entries[1].Epoch != 1 || entries[1].Start != 0 || entries[1].End != 20 || entries[0].TopicID == entries[1].TopicID || entries[0].TopicID == "" {
			b.Errorf("entries %+v", entries)
		}
		if !log.has("the topic was made anew: Kafka knows it by another id") {
			b.Errorf("no warning: %v", log.all())
		}
		// And while it is being landed.
		r := b.run(config)
		b.produceTo(b.client(), 0, 25, 1)
		b.eventually("land", func() bool { return b.landedRows() == 26 })
		b.makeAnew()
		b.produceTo(b.client(), 0, 26, 40)
		b.eventually("land the new topic", func() bool { return b.landedRows() == 66 })
		r.end()
		b.hasEvents(66)
		b.verify()
		tail, _, err := b.lake.Tail(b.prefix+"events", 0)
		if err != nil || tail.Epoch != 2 || tail.End != 40 {
			b.Errorf("tail %+v, %v", tail, err)
		}
	})
}

// TestFewFetchesWhereLittleIsLeft: of a hundred thousand records of one key
// Kafka keeps one, which lies behind batches without records.
func TestFewFetchesWhereLittleIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Brokers: []string{apacheKafka(t)}})
	client, topic := b.client(), b.prefix+"events"
	alter := kmsg.NewPtrIncrementalAlterConfigsRequest()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
	for name, value := range map[string]string{"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "100"} {
		resource.Configs = append(resource.Configs, kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: name, Value: &value})
	}
	alter.Resources = append(alter.Resources, resource)
	if answer, err := alter.RequestWith(t.Context(), client); err != nil || answer.Resources[0].ErrorCode != 0 {
		t.Fatal(answer, err)
	}
	const n = 100_000
	value := events(0, 1)[0].Value
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Key: []byte("u0"), Value: value}
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	config := b.config()
	source := newSource(config)
	defer source.close()
	id, err := source.topicID(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	fetches, left := 0, 0
	b.eventually("Kafka compacts", func() bool {
		// Another record ends the segment, which alone is compacted.
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: []byte("u0"), Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		c := &chunk{}
		for fetches, left = 0, 0; fetches == 0 || c.next < c.end; fetches++ {
			if err := source.fetch(t.Context(), c, topic, id, 0, c.next, 1<<20, time.Second); err != nil {
				t.Fatal(err)
			}
			left += len(c.messages)
		}
		return left < 1000
	})
	if fetches > 50 {
		t.Errorf("%d fetches for %d records", fetches, left)
	}
	summary := b.once(config)
	if rows := summary.Rows[record.KindEvent]; rows < 1 || rows > 1000 || rows+summary.Skipped <= n {
		t.Errorf("summary %+v", summary)
	}
	b.verify()
}

// TestStrangeClocks: a producer's clock says nothing of the day on which a
// record lands, and is kept as it was.
func TestStrangeClocks(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()}) // Apache Kafka refuses what is later than now
	times := []time.Time{
		time.UnixMilli(-1), // Kafka's word for none
		time.UnixMilli(0),
		time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC), // beyond 32 bits of seconds
		time.UnixMilli(-1_000_000_000_000),
	}
	client := b.client()
	for i, at := range times {
		record := &kgo.Record{Topic: b.prefix + "events", Value: events(i, 1)[0].Value, Timestamp: at, Partition: 0}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	b.once(b.config())
	b.hasEvents(len(times))
	for i, row := range rowsOf[record.Event](b, string(record.KindEvent)) {
		if !row.KafkaAt.Equal(times[i]) {
			t.Errorf("record %d is of %s, want %s", i, row.KafkaAt, times[i])
		}
	}
	entries := b.verify()
	if len(entries) != 1 || len(entries[0].Files) != 1 || !strings.Contains(entries[0].Files[0].Path, "/dt=2026-03-04/") {
		t.Errorf("entries %+v: idle partitions have no files, and this one has the day of landing", entries)
	}
}

// TestTopicStaysItself: what the embedded broker keeps on disk is the same topic
// when it is opened again.
func TestTopicStaysItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := setup(t, broker.Config{Dir: dir})
	first.produceTo(first.client(), 0, 0, 3)
	first.once(first.config())
	if err := first.broker.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := broker.Open(t.Context(), broker.Config{Dir: dir, TopicPrefix: first.prefix, Partitions: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	first.broker = second
	first.produceTo(first.client(), 0, 3, 3)
	first.once(first.config())
	first.hasEvents(6)
	tail, _, err := first.lake.Tail(first.prefix+"events", 0)
	if err != nil || tail.Epoch != 0 || tail.TopicID == "" {
		t.Errorf("tail %+v, %v", tail, err)
	}
}
