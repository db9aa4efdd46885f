package landing

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/pipelines/broker"
)

// onBrokers runs a test on a Kafka of three brokers whose answers it spoils.
func onBrokers(t *testing.T) (*bench, *kfake.Cluster) {
	t.Helper()
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return setup(t, broker.Config{Brokers: cluster.ListenAddrs()}), cluster
}

// TestTortureFaultsOfKafka lands while Kafka answers with one fault after the other.
func TestTortureFaultsOfKafka(t *testing.T) {
	b, cluster := onBrokers(t)
	sent := b.ledger()
	client := b.client()
	r := b.run(b.follower())
	n := 0
	for _, fault := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.ReplicaNotAvailable, kerr.UnknownTopicOrPartition,
		kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch, kerr.KafkaStorageError, kerr.OffsetNotAvailable, kerr.CorruptMessage,
		kerr.UnknownServerError, kerr.RequestTimedOut, kerr.BrokerNotAvailable, kerr.NetworkException, kerr.OffsetOutOfRange,
	} {
		spoilt := cluster.Fault(
			kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: b.prefix + "events", Err: fault, Count: 2},
			kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: b.prefix + "events", Err: fault},
		)
		sent.sendNumbered(client, n, 90)
		n += 90
		b.eventually("land in spite of "+fault.Message, func() bool { return b.settledOffsets() == int64(n) })
		if err := spoilt.Wait(b.Context(), 2); err != nil {
			b.Fatal(err)
		}
		spoilt.Remove()
	}
	r.end()
	if len(sent.check().gaps) != 0 {
		b.Error("a fault was taken for a gap")
	}
}

// TestTortureConnectionsCut closes connections instead of answering, and answers
// slowly; the producer is told that records were not stored which were.
func TestTortureConnectionsCut(t *testing.T) {
	b, cluster := onBrokers(t)
	luck := chance(b)
	sent := b.ledger()
	config := b.follower()
	config.RotateRows = 150
	r := b.run(config)
	var healed atomic.Bool
	cut := func(key kmsg.Key, share float64) {
		cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if !healed.Load() && luck.Float64() < share {
				return nil, errors.New("cut"), true
			}
			return nil, nil, false
		})
	}
	slow := rand.New(rand.NewPCG(luck.Uint64(), 0))
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		pause := time.Duration(slow.IntN(30)) * time.Millisecond
		cluster.SleepControl(func() { time.Sleep(pause) })
		return nil, nil, false
	})
	cut(kmsg.Fetch, 0.2)
	cut(kmsg.ListOffsets, 0.05) // six requests each time
	cut(kmsg.Metadata, 0.1)
	cut(kmsg.OffsetCommit, 0.3)
	cut(kmsg.Heartbeat, 0.2)
	times := torture(12, 1)
	for i := range times {
		b.produceTwice(cluster, 60*i, 60)
	}
	b.eventually("all lands", func() bool { return b.settledOffsets() >= int64(60*times) })
	r.end()
	healed.Store(true)
	if got := sent.check(); len(got.fates) <= 60*times {
		b.Errorf("%d records: none was stored twice", len(got.fates))
	}
}

// produceTwice produces events whose first storing is answered with a fault.
func (b *bench) produceTwice(cluster *kfake.Cluster, from, n int) {
	b.Helper()
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: b.prefix + "events", Err: kerr.NotEnoughReplicasAfterAppend})
	b.produce(events(from, n)...)
}

// TestTortureLeadersAndCoordinatorsMove moves every partition's leader and the group's
// coordinator while records land.
func TestTortureLeadersAndCoordinatorsMove(t *testing.T) {
	b, cluster := onBrokers(t)
	luck := chance(b)
	sent := b.ledger()
	client := b.client()
	config := b.follower()
	config.RotateRows = 20
	first, second := b.run(config), b.run(config)
	moves := torture(8, 1)
	for i := range moves {
		switch luck.IntN(3) {
		case 0:
			cluster.ShufflePartitionLeaders()
		case 1:
			if err := cluster.MoveTopicPartition(b.prefix+"events", int32(luck.IntN(3)), int32(luck.IntN(3))); err != nil {
				b.Fatal(err)
			}
		case 2:
			cluster.RehashCoordinators()
		}
		sent.sendNumbered(client, 200*i, 200)
		time.Sleep(time.Duration(luck.IntN(100)) * time.Millisecond)
	}
	b.eventually("all lands", func() bool { return b.settledOffsets() == int64(200*moves) })
	first.end()
	second.end()
	sent.check()
}

// TestBrokerThatDoesNotKnowWhoLeads: one that was stopped while another led on
// says for a while that there is less than has landed. That makes no topic anew.
func TestBrokerThatDoesNotKnowWhoLeads(t *testing.T) {
	b, cluster := onBrokers(t)
	b.produceTo(b.client(), 0, 0, 30)
	b.once(b.config())
	var behind atomic.Bool
	cluster.ControlKey(int16(kmsg.ListOffsets), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked := request.(*kmsg.ListOffsetsRequest)
		if !behind.Load() || asked.Topics[0].Topic != b.prefix+"events" {
			return nil, nil, false
		}
		answer := asked.ResponseKind().(*kmsg.ListOffsetsResponse)
		topic := kmsg.NewListOffsetsResponseTopic()
		topic.Topic = asked.Topics[0].Topic
		for _, of := range asked.Topics[0].Partitions {
			partition := kmsg.NewListOffsetsResponseTopicPartition()
			partition.Partition, partition.Offset = of.Partition, 0
			if of.Partition == 0 && of.Timestamp == -1 { // the end
				partition.Offset = 1
			}
			topic.Partitions = append(topic.Partitions, partition)
		}
		answer.Topics = append(answer.Topics, topic)
		return answer, nil, true
	})
	for _, test := range []struct{ learns, looks, epoch int }{
		{learns: 3, looks: 3, epoch: 0},
		{learns: 1000, looks: shrunkLooks, epoch: 1}, // Kafka has lost records: they land anew
	} {
		behind.Store(true)
		looks := 0 // at the one partition that has records
		config := b.config()
		config.after = func(time.Duration) <-chan time.Time {
			if looks++; looks == test.learns {
				behind.Store(false)
			}
			now := make(chan time.Time)
			close(now)
			return now
		}
		b.once(config)
		tail, _, err := b.lake.Tail(b.prefix+"events", 0)
		if err != nil || looks != test.looks || int(tail.Epoch) != test.epoch || tail.End != 30 {
			t.Errorf("%+v: after %d looks the log ends with %+v, %v", test, looks, tail, err)
		}
	}
}

// TestBrokerThatSaysNothing: one that takes a connection and never answers is
// waited for no longer than any other.
func TestBrokerThatSaysNothing(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	source := newSource(Config{Addrs: []string{silent.Addr().String()}})
	defer source.close()
	source.client.Timeout = 100 * time.Millisecond
	if _, err := source.topicID(t.Context(), "events"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a broker that says nothing: %v", err)
	}
}
