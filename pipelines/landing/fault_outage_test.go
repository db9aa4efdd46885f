package landing

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"parley/pipelines/broker"
)

// serve is the role of a process that is a Kafka, at one address for good.
func serve(r role, stop <-chan struct{}) error {
	_, text, err := net.SplitHostPort(r.Addrs[0])
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(r.Dir), kfake.SyncWrites(), kfake.ClusterID("survivor"))
	if err != nil {
		return err
	}
	defer cluster.Close()
	fmt.Println("running")
	<-stop
	return nil
}

// freeAddress is an address at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestTortureKafkaKilled kills Kafka itself, again and again, while records
// are produced and landed, and starts it again.
func TestTortureKafkaKilled(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		before := &bench{T: t}
		r := role{Serve: true, Addrs: []string{freeAddress(t)}, Dir: t.TempDir()}
		kafka := before.act(r)
		b := setup(t, broker.Config{Brokers: r.Addrs})
		b.landThroughOutages(torture(2, 0.2), func() {
			kafka.kill()
			kafka = before.act(r)
		})
	})
	t.Run("apache", func(t *testing.T) {
		if !long() {
			t.Skip("starts an Apache Kafka of its own, and again: make torture")
		}
		t.Parallel()
		scripts, err := filepath.Abs("../../testdata/kafka")
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "kafka")
		run := func(name string) string {
			t.Helper()
			script := exec.Command(filepath.Join(scripts, name))
			script.Env = append(os.Environ(), "PARLEY_KAFKA_DIR="+dir)
			script.Stderr = os.Stderr
			output, err := script.Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return strings.TrimSpace(string(output))
		}
		address := run("start")
		t.Cleanup(func() { run("stop") })
		b := setup(t, broker.Config{Brokers: []string{address}})
		b.landThroughOutages(3, func() { run("crash") })
	})
}

// landThroughOutages lands what another process produces while Kafka is killed
// and comes back.
func (b *bench) landThroughOutages(kills int, killed func()) {
	b.Helper()
	began := time.Now()
	luck := chance(b)
	sent := b.ledger()
	producer := b.producing(b.role())
	r := b.role()
	r.Run = true
	lander := b.act(r)
	alone := b.run(b.follower())
	for range kills {
		goal := b.settledOffsets() + int64(luck.IntN(1000))
		b.eventually("land on", func() bool { return b.settledOffsets() > goal })
		killed()
	}
	goal := b.settledOffsets() + 300
	b.eventually("land after Kafka's last return", func() bool { return b.settledOffsets() > goal })
	producer.end()
	lander.end()
	alone.end()
	n := sent.acknowledged(producer)
	got := sent.check()
	b.Logf("Kafka killed %d times; %d records acknowledged, %d landed in %d entries, %s", kills, n, len(got.fates), len(got.entries), time.Since(began).Round(time.Millisecond))
}
