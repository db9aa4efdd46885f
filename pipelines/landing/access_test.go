package landing

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/broker"
	"parley/pipelines/broker/security"
	"parley/pipelines/broker/security/certificate"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// securedKafka says how Apache Kafka is reached other than in clear, by the
// names that testdata/kafka/secured has.
func securedKafka(t *testing.T) map[string]string {
	t.Helper()
	apacheKafka(t)
	output, err := exec.CommandContext(t.Context(), "../../testdata/kafka/secured").Output()
	if err != nil {
		const advice = "Apache Kafka is not the one that testdata/kafka/start starts: by TLS and with passwords it is not tried"
		if os.Getenv("CI") == "true" {
			t.Fatal(advice)
		}
		t.Skip(advice)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(output)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		found[name] = value
	}
	return found
}

func cluster(t *testing.T, options ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	made, err := kfake.NewCluster(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

func trust(t *testing.T, files security.Certificates) *tls.Config {
	t.Helper()
	made, err := security.NewTLS(files)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func login(t *testing.T, mechanism, username, password string) (reach security.Security) {
	t.Helper()
	var err error
	reach.SASL, err = security.NewSASL(security.Login{Mechanism: mechanism, Username: username, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return reach
}

// landsAll produces and lands by itself and by group.
func (b *bench) landsAll() {
	b.Helper()
	b.produce(events(0, 300)...)
	b.once(b.config())
	b.hasEvents(300)
	config := b.config()
	config.RotateEvery = 50 * time.Millisecond
	r := b.run(config)
	b.produce(events(300, 300)...)
	b.eventually("land", func() bool { return b.landedRows() == 600 })
	r.end()
	b.verify()
	b.hasEvents(600)
}

func TestEveryWayIn(t *testing.T) {
	t.Parallel()
	pair, files := certificate.Loopback(t)
	encrypted := kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		for name, way := range map[string]struct {
			options   []kfake.Opt
			mechanism string
			trusted   security.Certificates
		}{
			"TLS":               {options: []kfake.Opt{encrypted}, trusted: security.Certificates{CA: files.CA}},
			"TLS, certificate":  {options: []kfake.Opt{kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})}, trusted: files},
			"TLS, password":     {options: []kfake.Opt{encrypted, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "ada", "open sesame")}, mechanism: "scram-sha-512", trusted: security.Certificates{CA: files.CA}},
			"password in clear": {options: []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "ada", "open sesame")}, mechanism: "plain"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var reach security.Security
				if way.mechanism != "" {
					reach = login(t, way.mechanism, "ada", "open sesame")
				}
				if way.trusted.CA != "" {
					reach.TLS = trust(t, way.trusted)
				}
				setup(t, broker.Config{Brokers: cluster(t, way.options...).ListenAddrs(), Security: reach}).landsAll()
			})
		}
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		kafka := securedKafka(t)
		for _, port := range []string{"sasl_plaintext", "sasl_ssl"} {
			for _, mechanism := range security.Mechanisms {
				t.Run(port+" "+mechanism, func(t *testing.T) {
					t.Parallel()
					reach := login(t, mechanism, kafka["username"], kafka["password"])
					if port == "sasl_ssl" {
						reach.TLS = trust(t, security.Certificates{CA: kafka["ca.pem"]})
					}
					setup(t, broker.Config{Brokers: []string{kafka[port]}, Security: reach}).landsAll()
				})
			}
		}
		t.Run("ssl", func(t *testing.T) {
			t.Parallel()
			reach := security.Security{TLS: trust(t, security.Certificates{CA: kafka["ca.pem"], Cert: kafka["client.crt"], Key: kafka["client.key"]})}
			setup(t, broker.Config{Brokers: []string{kafka["ssl"]}, Security: reach}).landsAll()
		})
	})
}

func TestWrongWayInIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	kafka := securedKafka(t)
	trusting := trust(t, security.Certificates{CA: kafka["ca.pem"]})
	encrypted := func(reach security.Security) security.Security {
		reach.TLS = trusting
		return reach
	}
	user, password := kafka["username"], kafka["password"]
	for _, test := range []struct {
		name, address string
		reach         security.Security
		want          string
		unsure        bool // Kafka ends the connection and does not say why
	}{
		{"wrong password, PLAIN", kafka["sasl_plaintext"], login(t, "plain", user, "wrong"), "under kafka.sasl", false},
		{"wrong password, SCRAM", kafka["sasl_ssl"], encrypted(login(t, "scram-sha-256", user, "wrong")), "under kafka.sasl", false},
		{"unknown user", kafka["sasl_plaintext"], login(t, "scram-sha-512", "nobody", password), "under kafka.sasl", false},
		{"password where none is asked for", os.Getenv("PARLEY_TEST_KAFKA"), login(t, "scram-sha-512", user, password), "leave out kafka.sasl", false},
		{"not trusted", kafka["ssl"], security.Security{TLS: trust(t, security.Certificates{CA: kafka["other-ca.pem"]})}, "kafka.tls.ca", false},
		{"no certificate of our own", kafka["ssl"], security.Security{TLS: trusting}, "kafka.tls.cert", false},
		{"no password", kafka["sasl_plaintext"], security.Security{}, "for a password", true},
		{"no password by TLS", kafka["sasl_ssl"], security.Security{TLS: trusting}, "asks for a password", true},
		{"in clear to a port of TLS", kafka["ssl"], security.Security{}, "for TLS", true},
		{"TLS to a port in clear", os.Getenv("PARLEY_TEST_KAFKA"), security.Security{TLS: trusting}, "leave out kafka.tls", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := broker.Open(t.Context(), broker.Config{Brokers: []string{test.address}, Security: test.reach})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("open: %v; want in it %q", err, test.want)
			}
			// Landing would wait for an hour.
			into, err := lake.Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			config := Config{Addrs: []string{test.address}, Security: test.reach, Lake: into, Patience: time.Hour}
			if test.unsure {
				config.Patience = time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := Once(ctx, config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Once: %v; want in it %q", err, test.want)
			}
			if err := Run(ctx, config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Run: %v; want in it %q", err, test.want)
			}
		})
	}
}

func TestEveryCodecLands(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		codecs := map[string]kgo.CompressionCodec{
			"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
		}
		from := 0
		for name, codec := range codecs {
			client := b.client(kgo.ProducerBatchCompression(codec))
			b.produceTo(client, int32(from/200%3), from, 200)
			from += 200
			junk := &kgo.Record{
				Topic: b.prefix + "events", Key: []byte{0, 255, 1}, Value: bytes.Repeat([]byte("\xff\x00"), 500),
				Headers: []kgo.RecordHeader{{Key: "codec", Value: []byte(name)}, {Key: "", Value: []byte{0, 254}}},
			}
			if err := client.ProduceSync(b.Context(), junk).FirstErr(); err != nil {
				b.Fatal(err)
			}
		}
		b.once(b.config())
		b.verify()
		b.hasEvents(from)
		seen := map[string]bool{}
		for _, dead := range rowsOf[record.DeadLetter](b, "dead_letters") {
			for name := range codecs {
				if dead.Headers == fmt.Sprintf(`[{"key":"codec","value":%q},{"key":"","value":"AP4="}]`, base64.StdEncoding.EncodeToString([]byte(name))) {
					seen[name] = true
				}
			}
			if string(dead.Key) != "\x00\xff\x01" || !bytes.Equal(dead.Value, bytes.Repeat([]byte("\xff\x00"), 500)) {
				b.Errorf("dead letter %+v", dead)
			}
		}
		if len(seen) != len(codecs) {
			b.Errorf("dead letters of %v alone", seen)
		}
	})
}

func TestSeveralBrokers(t *testing.T) {
	t.Parallel()
	kafka := cluster(t, kfake.NumBrokers(3))
	// One that is down, first and last, so that no order of asking leaves it out.
	addrs := append(append([]string{"127.0.0.1:1"}, kafka.ListenAddrs()...), "127.0.0.1:1")
	b := setup(t, broker.Config{Brokers: addrs})
	topic := b.prefix + "events"
	for partition := range int32(3) {
		if err := kafka.MoveTopicPartition(topic, partition, partition); err != nil {
			t.Fatal(err)
		}
	}
	client := b.client()
	produce := func(from int) {
		b.Helper()
		for partition := range 3 {
			b.produceTo(client, int32(partition), from+100*partition, 100)
		}
	}
	produce(0)
	b.once(b.config())
	b.hasEvents(300)

	config := b.config()
	config.RotateEvery = 50 * time.Millisecond
	r := b.run(config)
	produce(300)
	b.eventually("land", func() bool { return b.landedRows() == 600 })
	for partition := range int32(3) {
		if err := kafka.MoveTopicPartition(topic, partition, (partition+1)%3); err != nil {
			t.Fatal(err)
		}
	}
	produce(600)
	b.eventually("land from the new leaders", func() bool { return b.landedRows() == 900 })
	r.end()
	b.verify()
	b.hasEvents(900)
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	breaking := &breakingListener{}
	b := setup(t, broker.Config{Brokers: cluster(t, kfake.NumBrokers(2), kfake.ListenFn(breaking.listen)).ListenAddrs()})
	config := b.config()
	config.RotateRows, config.RotateEvery = 200, 50*time.Millisecond

	b.produce(events(0, 3000)...)
	config.Patience = 5 * time.Minute
	breaking.after(6, 24) // at every step of talking to Kafka
	b.once(config)
	breaking.stop()
	b.verify()
	b.hasEvents(3000)

	b.produce(events(3000, 3000)...)
	// So that the group comes to be: one that breaks while it is joined leaves a
	// member behind, for whose silent end Kafka waits.
	config.Patience = 0
	breaking.after(15, 40)
	r := b.run(config)
	b.eventually("land", func() bool { return b.landedRows() == 6000 })
	breaking.stop()
	r.end()
	b.verify()
	b.hasEvents(6000)
	if n := breaking.broken.Load(); n < 10 {
		t.Errorf("%d connections were broken: little was tried", n)
	}
}

// breakingListener takes connections that end, once after has been called, in
// the midst of an answer.
type breakingListener struct {
	bounds atomic.Pointer[[2]int64] // how many answers a connection gives; nil: as many as it likes
	taken  atomic.Uint64
	broken atomic.Int64
}

func (l *breakingListener) after(least, most int64) { l.bounds.Store(&[2]int64{least, most}) }

func (l *breakingListener) stop() { l.bounds.Store(nil) }

func (l *breakingListener) listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	return accepting{listener, l}, err
}

type accepting struct {
	net.Listener
	*breakingListener
}

func (l accepting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &breakingConn{Conn: conn, from: l.breakingListener, chance: rand.New(rand.NewPCG(1, l.taken.Add(1)))}, err
}

type breakingConn struct {
	net.Conn
	from   *breakingListener
	chance *rand.Rand
	left   int64 // answers; one goroutine writes them
}

func (c *breakingConn) Write(p []byte) (int, error) {
	bounds := c.from.bounds.Load()
	if bounds == nil {
		return c.Conn.Write(p)
	}
	if c.left == 0 {
		c.left = bounds[0] + c.chance.Int64N(bounds[1]-bounds[0]+1)
	}
	if c.left--; c.left > 0 {
		return c.Conn.Write(p)
	}
	c.from.broken.Add(1)
	n, _ := c.Conn.Write(p[:len(p)/2])
	c.Close()
	return n, net.ErrClosed
}
