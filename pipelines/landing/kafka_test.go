package landing

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/pipelines/record"
)

// produceTo produces events to one partition with another client, in order.
func (b *bench) produceTo(client *kgo.Client, partition int32, from, n int) {
	b.Helper()
	var records []*kgo.Record
	for _, m := range events(from, n) {
		records = append(records, &kgo.Record{Topic: b.prefix + "events", Key: []byte(m.Key), Value: m.Value, Partition: partition})
	}
	if err := client.ProduceSync(b.Context(), records...).FirstErr(); err != nil {
		b.Fatal(err)
	}
}

// endTransaction ends the client's transaction and waits until the partition
// says so: Kafka answers before it has written the markers that end it there.
func (b *bench) endTransaction(client *kgo.Client, partition int32, how kgo.TransactionEndTry) {
	b.Helper()
	if err := client.EndTransaction(b.Context(), how); err != nil {
		b.Fatal(err)
	}
	source := newSource(b.config())
	defer source.close()
	b.eventually("no transaction is open", func() bool {
		has, err := source.offsets(b.Context(), b.prefix+"events", partition)
		if err != nil {
			b.Fatal(err)
		}
		return has[partition].stable == has[partition].end
	})
}

func TestAbortedTransactionsDoNotLand(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		transact := b.client(kgo.TransactionalID(b.prefix + "writer"))
		plain := b.client()
		transaction := func(from, n int, end kgo.TransactionEndTry) {
			b.Helper()
			if err := transact.BeginTransaction(); err != nil {
				b.Fatal(err)
			}
			b.produceTo(transact, 1, from, n)
			// Between the records of the transaction, and not of it.
			b.produceTo(plain, 1, from+n, 1)
			b.endTransaction(transact, 1, end)
		}
		transaction(0, 4, kgo.TryCommit)  // e0–e3, e4 by itself, marker
		transaction(90, 3, kgo.TryAbort)  // e90–e92 are taken back, e93 by itself, marker
		b.produceTo(plain, 1, 5, 2)       // e5, e6
		transaction(100, 2, kgo.TryAbort) // e100, e101 are taken back, e102 by itself, marker: Kafka's end
		summary := b.once(b.config())
		if summary.Rows[record.KindEvent] != 9 || summary.Skipped != 3+1+2+1+1 {
			b.Errorf("summary %+v", summary)
		}
		var landed []string
		for _, row := range rowsOf[record.Event](b, "events") {
			landed = append(landed, row.EventID)
		}
		if diff := gocmp.Diff([]string{"e0", "e1", "e2", "e3", "e4", "e93", "e5", "e6", "e102"}, landed); diff != "" {
			b.Errorf("landed (-want +got): %s", diff)
		}
		entries := b.verify()
		if len(entries) != 1 || entries[0].End != 17 || entries[0].Reason != "records of aborted transactions: 5" {
			b.Errorf("entries %+v", entries)
		}

		// Beginning inside an aborted transaction, whose start has landed as skipped.
		config := b.config()
		config.RotateRows = 1
		transaction(200, 3, kgo.TryAbort)
		b.produceTo(plain, 1, 7, 1)
		b.once(config)
		b.verify()
		if n := b.landedRows(); n != 9+2 {
			b.Errorf("%d rows, want e203 and e7 besides", n)
		}
	})
}

func TestOpenTransactionIsWaitedFor(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		transact, plain := b.client(kgo.TransactionalID(b.prefix+"writer")), b.client()
		b.produceTo(plain, 0, 0, 3)
		if err := transact.BeginTransaction(); err != nil {
			b.Fatal(err)
		}
		b.produceTo(transact, 0, 3, 2)
		b.produceTo(plain, 0, 5, 1)
		b.once(b.config())
		b.verify()
		b.hasEvents(3)
		b.endTransaction(transact, 0, kgo.TryCommit)
		b.once(b.config())
		b.verify()
		b.hasEvents(6)
	})
}

func TestRetentionOvertakesTheReader(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		client := b.client()
		deleteBefore := func(offset int64) {
			b.Helper()
			request := kmsg.NewPtrDeleteRecordsRequest()
			topic := kmsg.NewDeleteRecordsRequestTopic()
			topic.Topic = b.prefix + "events"
			partition := kmsg.NewDeleteRecordsRequestTopicPartition()
			partition.Partition, partition.Offset = 2, offset
			topic.Partitions = append(topic.Partitions, partition)
			request.Topics = append(request.Topics, topic)
			answer, err := request.RequestWith(b.Context(), client)
			if err == nil {
				err = kerr.ErrorForCode(answer.Topics[0].Partitions[0].ErrorCode)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		log := &logged{}
		config := b.config()
		config.Logger = log.logger()

		b.produceTo(client, 2, 90, 3)
		deleteBefore(3) // before anything has landed
		b.produceTo(client, 2, 0, 3)
		b.once(config)
		b.verify()
		b.hasEvents(3)
		if log.has("retention is too short") {
			b.Error("warned of records from before the lake")
		}

		b.produceTo(client, 2, 93, 4)
		deleteBefore(8) // two of the four
		summary := b.once(config)
		if summary.Rows[record.KindEvent] != 2 || summary.Skipped != 2 {
			b.Errorf("summary %+v", summary)
		}
		if !log.has("retention is too short") {
			b.Errorf("no warning: %v", log.lines)
		}
		entries := b.verify()
		gap := entries[2]
		if len(entries) != 4 || gap.Start != 6 || gap.End != 8 || gap.Skipped != 2 || !strings.Contains(gap.Reason, "retention") {
			b.Errorf("entries %+v", entries)
		}
		deleteBefore(10) // all that there is, and it has landed
		if again := b.once(config); again.Skipped != 0 {
			b.Errorf("summary %+v", again)
		}
	})
}

func TestTopicMadeAnew(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		client := b.client()
		b.produceTo(client, 0, 0, 5)
		b.once(b.config())

		b.makeAnew()
		b.produceTo(b.client(), 0, 5, 3)
		log := &logged{}
		config := b.config()
		config.Logger = log.logger()
		b.once(config)
		b.hasEvents(8)
		entries := b.verify()
		if len(entries) != 2 || entries[1].Epoch != 1 || entries[1].Start != 0 || entries[1].End != 3 {
			b.Errorf("entries %+v", entries)
		}
		if !log.has("the topic was made anew: Kafka knows it by another id") {
			b.Errorf("no warning: %v", log.lines)
		}
		b.produceTo(b.client(), 0, 8, 1)
		b.once(config)
		b.hasEvents(9)
		b.verify()
	})
}

func TestAnotherCluster(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		b.produce(events(0, 6)...)
		b.once(b.config())
		entries, err := b.lake.Entries(nil)
		if err != nil {
			b.Fatal(err)
		}
		// A log of another cluster's, whose offsets fit by chance.
		other := entries[0]
		if other.Cluster == "" {
			b.Error("the log does not say the cluster")
		}
		other.Cluster, other.Start, other.End = "another", other.End, other.End+1
		other.Rows, other.Skipped, other.Files = 0, 1, nil
		if err := b.lake.Append(other); err != nil {
			b.Fatal(err)
		}
		b.produce(events(6, 60)...)
		b.once(b.config())
		tail, _, err := b.lake.Tail(other.Topic, other.Partition)
		if err != nil || tail.Epoch != 1 || tail.Start != 0 || tail.Cluster == "another" {
			b.Errorf("tail %+v, %v", tail, err)
		}
		b.verify()
	})
}
