package landing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/pipelines/broker"
)

// configure sets the configuration of the topic of events.
func (b *bench) configure(configs map[string]string) {
	b.Helper()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, b.prefix+"events"
	for name, value := range configs {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Value = name, &value
		resource.Configs = append(resource.Configs, config)
	}
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	request.Resources = append(request.Resources, resource)
	answer, err := request.RequestWith(b.Context(), b.client())
	if err == nil {
		err = kerr.ErrorForCode(answer.Resources[0].ErrorCode)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// deleteBefore takes away a partition's first records, as retention does.
func (b *bench) deleteBefore(partition int32, offset int64) {
	b.Helper()
	request := kmsg.NewPtrDeleteRecordsRequest()
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = b.prefix + "events"
	from := kmsg.NewDeleteRecordsRequestTopicPartition()
	from.Partition, from.Offset = partition, offset
	topic.Partitions = append(topic.Partitions, from)
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(b.Context(), b.client())
	if err == nil {
		err = kerr.ErrorForCode(answer.Topics[0].Partitions[0].ErrorCode)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestTortureRetentionOvertakesARun takes away records that a stopped process has not
// landed yet, and lets it go on.
func TestTortureRetentionOvertakesARun(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		sent := b.ledger()
		client := b.client()
		r := b.role()
		r.Run = true
		late := b.act(r)
		var end int64 // of each partition
		for range 2 {
			sent.sendNumbered(client, int(3*end), 300)
			end += 100
			b.eventually("land", func() bool { return b.settledOffsets() == 3*end })
			late.signal(syscall.SIGSTOP)
			for range 10 { // a fetch that is under way brings the first of them
				sent.sendNumbered(client, int(3*end), 30)
				end += 10
			}
			b.deleteBefore(1, end-5)
			late.signal(syscall.SIGCONT)
			b.eventually("go on behind the gap", func() bool { return b.settledOffsets() == 3*end })
		}
		late.end()
		got := sent.check()
		for _, gap := range got.gaps {
			if gap.Partition != 1 || gap.Skipped != gap.End-gap.Start {
				b.Errorf("a gap %+v", gap)
			}
		}
		if len(got.gaps) != 2 || late.said("retention is too short") != 2 {
			b.Errorf("gaps %+v, said %d times", got.gaps, late.said("retention is too short"))
		}
	})
}

// TestTortureTopicMadeAnewUnderARun deletes the topic that a process lands, and makes
// it again.
func TestTortureTopicMadeAnewUnderARun(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		sent := b.ledger()
		sent.sendNumbered(b.client(), 0, 300)
		r := b.run(b.follower())
		b.eventually("land", func() bool { return b.settledOffsets() == 300 })
		b.makeAnew()
		sent.epoch = 1
		client := b.client()
		sent.sendNumbered(client, 300, 30)
		b.eventually("land the new topic", func() bool { return b.settledOffsets() == 330 })
		sent.sendNumbered(client, 330, 600)
		b.eventually("land on", func() bool { return b.settledOffsets() == 930 })
		r.end()
		sent.check()
	})
}

// TestTortureAnotherKafkaInItsPlace has a Kafka of another id, with more records.
func TestTortureAnotherKafkaInItsPlace(t *testing.T) {
	t.Parallel()
	b := embedded(t)
	sent := b.ledger()
	sent.sendNumbered(b.client(), 0, 300)
	b.once(b.config())
	other := embedded(t)
	b.broker = other.broker
	config := broker.Config{Brokers: other.broker.Addrs(), TopicPrefix: b.prefix, Partitions: 3}
	same, err := broker.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer same.Close()
	if _, err := same.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent.epoch = 1
	sent.sendNumbered(b.client(), 300, 900)
	sent.check()
}

// TestTortureCompaction lands a topic of which Kafka keeps the last record of a key:
// it leaves gaps in its offsets, and batches without a record.
func TestTortureCompaction(t *testing.T) {
	t.Parallel()
	history := func(b *bench, compact func()) {
		b.configure(map[string]string{
			"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0", "max.compaction.lag.ms": "100",
		})
		sent := b.ledger()
		sent.forgets = true
		client := b.client()
		for i := range 240 {
			r := numbered(b.prefix+"events", 3*i)
			r.Key = fmt.Appendf(nil, "k%d", i%7)
			sent.send(client, r)
		}
		b.eventually("Kafka compacts", func() bool {
			// Another record ends the segment, which alone is compacted.
			sent.send(client, &kgo.Record{Key: []byte("last"), Value: numbered("", 1).Value})
			compact()
			return len(b.inKafka(0)) < 120
		})
		b.once(b.config())
		sent.send(client, numbered(b.prefix+"events", 900))
		got := sent.check()
		var skipped int64
		for _, entry := range got.entries {
			skipped += entry.Skipped
		}
		if skipped < 120 {
			b.Errorf("%d offsets skipped: Kafka had compacted nothing", skipped)
		}
	}
	t.Run("embedded", func(t *testing.T) {
		b, cluster := onBrokers(t)
		history(b, cluster.Compact)
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		history(setup(t, broker.Config{Brokers: []string{apacheKafka(t)}}), func() {})
	})
}

// TestTortureIdleTopics has nothing to land for a while: that leaves nothing behind.
func TestTortureIdleTopics(t *testing.T) {
	b, cluster := onBrokers(t)
	config := b.config()
	config.RotateEvery = 10 * time.Millisecond
	r := b.run(config)
	fetches := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Observe: true, Count: -1})
	if err := fetches.Wait(b.Context(), 3*18); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.lake.Root()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lake came of nothing: %v", err)
	}
	sent := b.ledger()
	sent.sendNumbered(b.client(), 0, 30)
	b.eventually("it is alive", func() bool { return b.settledOffsets() == 30 })
	r.end()
	for _, entry := range sent.check().entries {
		if !strings.HasSuffix(entry.Topic, "events") {
			t.Errorf("an entry of %s", entry.Topic)
		}
	}
	if r.log.has("trying again") {
		t.Errorf("it said %v", r.log.lines)
	}
}
