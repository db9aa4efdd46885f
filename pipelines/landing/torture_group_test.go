package landing

import (
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// groupState is what Kafka says of the group's state.
func (b *bench) groupState() string {
	b.Helper()
	request := kmsg.NewPtrDescribeGroupsRequest()
	request.Groups = []string{b.prefix + "group"}
	client := b.client()
	defer client.Close()
	answer, err := request.RequestWith(b.Context(), client)
	if err != nil || len(answer.Groups) != 1 {
		b.Fatal(err, answer)
	}
	return answer.Groups[0].State
}

// goOn lets a process that holds at its point go on.
func (a *actor) goOn() {
	a.b.Helper()
	if _, err := io.WriteString(a.input, "\n"); err != nil {
		a.b.Error(err)
	}
	a.says("going on")
}

// follower is a configuration of the group of which b.role is a member too.
func (b *bench) follower() Config {
	config := b.config()
	config.RotateEvery = 100 * time.Millisecond
	return config
}

// TestTortureStoppedInAFlush stops a member of the group in the middle of a flush for
// so long that Kafka gives its partitions to another, and then lets it go on.
func TestTortureStoppedInAFlush(t *testing.T) {
	points := []string{"files published"}
	if long() { // each takes ten seconds, until Kafka takes the stopped one for dead
		points = []string{"file ended", "files published", "exclusive written"}
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			onKafka(t, func(b *bench) {
				sent := b.ledger()
				client := b.client()
				r := b.role()
				r.Run, r.Point, r.Hit, r.AtPoint = true, point, 2, "stop"
				zombie := b.act(r)
				sent.sendNumbered(client, 0, 600)
				zombie.says("stopping")
				heir := b.run(b.follower())
				b.eventually("the heir lands all", func() bool { return b.settledOffsets() == 600 })
				sent.sendNumbered(client, 600, 600)
				zombie.signal(syscall.SIGCONT)
				zombie.says("another process has landed from here")
				sent.sendNumbered(client, 1200, 600)
				b.eventually("all lands", func() bool { return b.settledOffsets() == 1800 })
				zombie.end()
				heir.end()
				sent.check()
			})
		})
	}
}

// TestTortureRebalanceInAFlush has a second member join while the first one is in the
// middle of a flush, which then still ends in time.
func TestTortureRebalanceInAFlush(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		sent := b.ledger()
		client := b.client()
		r := b.role()
		r.Run, r.Point, r.Hit, r.AtPoint = true, "file ended", 2, "hold"
		first := b.act(r)
		sent.sendNumbered(client, 0, 600)
		first.says("holding")
		second := b.run(b.follower())
		b.eventually("a rebalance begins", func() bool { return b.groupState() == "PreparingRebalance" })
		sent.sendNumbered(client, 600, 600)
		first.goOn()
		b.eventually("the second has its part", func() bool { return second.log.has("landing") })
		sent.sendNumbered(client, 1200, 600)
		b.eventually("all lands", func() bool { return b.settledOffsets() == 1800 })
		if first.said("another process has landed from here") > 0 || second.log.has("another process has landed from here") {
			b.Error("what was held was not landed before the partition was given away")
		}
		first.end()
		second.end()
		sent.check()
	})
}

// TestTortureFlushOutlastsTheRebalance is the same with a flush that takes longer than
// Kafka waits: the second one gets the partitions, and what the first one
// brings late is refused.
func TestTortureFlushOutlastsTheRebalance(t *testing.T) {
	if !long() {
		t.Skip("takes half a minute: make torture")
	}
	onEachKafka(t, func(b *bench) {
		sent := b.ledger()
		client := b.client()
		r := b.role()
		r.Run, r.Point, r.Hit, r.AtPoint = true, "files published", 2, "hold"
		first := b.act(r)
		sent.sendNumbered(client, 0, 600)
		first.says("holding")
		second := b.run(b.follower())
		b.eventually("the second lands all", func() bool { return b.settledOffsets() == 600 })
		sent.sendNumbered(client, 600, 600)
		first.goOn()
		first.says("another process has landed from here")
		b.eventually("all lands", func() bool { return b.settledOffsets() == 1200 })
		first.end()
		second.end()
		sent.check()
	})
}

// settledOffsets is of how many offsets the log says what became of them.
func (b *bench) settledOffsets() (n int64) {
	b.Helper()
	entries, err := b.lake.Entries(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		n += entry.End - entry.Start
	}
	return n
}
