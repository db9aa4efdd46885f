package landing

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
)

// torture says how often a test tries its luck: a few times, or as often as
// `make torture` asks, or a part of that.
func torture(short int, part float64) int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_TORTURE")); err == nil {
		return max(int(float64(n)*part), short)
	}
	return short
}

// long says whether the tests that take minutes are to run.
func long() bool { return os.Getenv("PARLEY_TORTURE") != "" }

// chance is a test's source of chance, from the seed that it prints:
// PARLEY_SEED brings the same again, as far as the machine's own timing allows.
func chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("PARLEY_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("PARLEY_SEED=%d", seed)
	name := fnv.New64a()
	_, _ = io.WriteString(name, t.Name())
	return rand.New(rand.NewPCG(seed, name.Sum64()))
}

// role is that of a process that lands what b produces.
func (b *bench) role() role {
	return role{Addrs: b.broker.Addrs(), Prefix: b.prefix, Lake: b.lake.Root(), Group: b.prefix + "group", RotateRows: 200, Say: true}
}

// embedded is a bench of the broker inside the process.
func embedded(t *testing.T) *bench { return setup(t, broker.Config{Dir: t.TempDir()}) }

// onKafka runs the test on the broker inside the process, and by `make torture`
// on Apache Kafka itself too.
func onKafka(t *testing.T, test func(b *bench)) {
	t.Helper()
	if long() {
		onEachKafka(t, test)
		return
	}
	t.Parallel()
	test(embedded(t))
}

// ledger is what is known to be in Kafka, and so must have landed.
type ledger struct {
	b     *bench
	mutex sync.Mutex
	epoch int
	fates map[spot]fate
	// forgets says that Kafka compacts: what it no longer has need not have landed.
	forgets bool
}

func (b *bench) ledger() *ledger { return &ledger{b: b, fates: map[spot]fate{}} }

// note enters what Kafka has acknowledged.
func (l *ledger) note(partition int, offset int64, is fate) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.fates[spot{l.b.prefix + "events", l.epoch, partition, offset}] = is
}

// send produces the records and enters them.
func (l *ledger) send(client *kgo.Client, records ...*kgo.Record) {
	l.b.Helper()
	for _, r := range records {
		if r.Topic == "" {
			r.Topic = l.b.prefix + "events"
		}
	}
	if err := client.ProduceSync(l.b.Context(), records...).FirstErr(); err != nil {
		l.b.Fatal(err)
	}
	for _, r := range records {
		l.note(int(r.Partition), r.Offset, fateOf(r.Key, r.Value))
	}
}

// sendNumbered produces the records of these numbers to all partitions in turn.
func (l *ledger) sendNumbered(client *kgo.Client, from, n int) {
	l.b.Helper()
	var records []*kgo.Record
	for i := from; i < from+n; i++ {
		records = append(records, numbered(l.b.prefix+"events", i))
	}
	l.send(client, records...)
}

// numbered is the record of this number: mostly an event, now and then one
// that cannot be read, or a tombstone.
func numbered(topic string, i int) *kgo.Record {
	r := &kgo.Record{Topic: topic, Partition: int32(i % 3), Key: fmt.Appendf(nil, "u%d", i%50)}
	switch {
	case i%47 == 5:
		r.Value = fmt.Appendf(nil, `{"id":"e%d","event_name":`, i)
	case i%61 == 7:
		r.Key = fmt.Appendf(nil, "e%d", i)
	default:
		r.Value = fmt.Appendf(nil, `{"id":"e%d","event_name":"page_view","user_id":"u%d","created_at":%d,"metadata":{"text":%q}}`,
			i, i%50, 1_772_000_000+i, strings.Repeat("a word ", i%37))
	}
	return r
}

// acknowledged enters what the process has said to be in Kafka.
func (l *ledger) acknowledged(a *actor) (n int) {
	l.b.Helper()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, line := range a.lines {
		var number, partition int
		var offset int64
		if _, err := fmt.Sscanf(line, "acknowledged %d %d %d", &number, &partition, &offset); err == nil {
			r := numbered(l.b.prefix+"events", number)
			l.note(partition, offset, fateOf(r.Key, r.Value))
			n++
		}
	}
	return n
}

// check is how every scenario ends: it lands what is left, and then the lake
// must hold what the ledger and Kafka itself say, each record once, as what it
// had to become. What retention took away must stand in the log as a gap.
func (l *ledger) check() found {
	b := l.b
	b.Helper()
	b.once(b.config())
	return l.matches(l.b.inKafka(l.epoch))
}

// matches compares what has landed with the ledger and what Kafka has.
func (l *ledger) matches(kafka map[spot]fate) found {
	b := l.b
	b.Helper()
	got := b.read()
	b.proves(got)
	want := maps.Clone(l.fates)
	for at, is := range kafka {
		if before, ok := want[at]; ok && before != is {
			b.Fatalf("Kafka has another record at %+v than it acknowledged", at)
		}
		want[at] = is
	}
	faults := 0
	report := func(format string, args ...any) {
		b.Helper()
		if faults++; faults <= 20 {
			b.Errorf(format, args...)
		}
	}
	missed := func(at spot) bool {
		return slices.ContainsFunc(got.gaps, func(gap listedEntry) bool {
			return at.topic == gap.Topic && at.epoch == gap.Epoch && at.partition == gap.Partition && at.offset >= gap.Start && at.offset < gap.End
		})
	}
	for at, is := range want {
		landed, ok := got.fates[at]
		switch _, still := kafka[at]; {
		case !ok && !still && (l.forgets || missed(at)):
		case !ok:
			report("the record at %+v is lost: %+v", at, is)
		case landed.become != is.become || landed.text != is.text:
			report("the record at %+v landed as %+v, want %+v", at, landed, is)
		}
	}
	for at, is := range got.fates {
		if _, ok := want[at]; !ok && at.topic == b.prefix+"events" {
			report("nobody produced what landed from %+v: %+v", at, is)
		}
	}
	if faults > 20 {
		b.Errorf("and %d faults more", faults-20)
	}
	if len(want) == 0 {
		b.Error("nothing was produced")
	}
	return got
}

// proves has the lake's own verification look at all that there is: it must
// find nothing wrong, and count what was found here.
func (b *bench) proves(got found) lake.Verification {
	b.Helper()
	proof, err := b.lake.Verify(b.Context(), lake.VerifyConfig{Deep: true})
	if err != nil {
		b.Fatal(err)
	}
	for _, fault := range proof.Faults {
		b.Errorf("verification: %+v", fault)
	}
	if n := proof.Rows + proof.Dead + proof.Tombstones; n != int64(len(got.fates)) || proof.Entries != int64(len(got.entries)) {
		b.Errorf("verification counts %d records in %d entries, want %d in %d", n, proof.Entries, len(got.fates), len(got.entries))
	}
	return proof
}
