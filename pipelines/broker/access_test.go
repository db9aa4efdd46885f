package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"parley/pipelines/broker/security"
	"parley/pipelines/broker/security/certificate"
	"parley/pipelines/record"
)

// guarded is a Kafka that speaks TLS and asks for a password, and how to reach it.
func guarded(t *testing.T, password string) Config {
	t.Helper()
	pair, files := certificate.Loopback(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}),
		kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "ada", "open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var reach security.Security
	if reach.TLS, err = security.NewTLS(security.Certificates{CA: files.CA}); err != nil {
		t.Fatal(err)
	}
	if reach.SASL, err = security.NewSASL(security.Login{Mechanism: "scram-sha-256", Username: "ada", Password: password}); err != nil {
		t.Fatal(err)
	}
	return Config{Brokers: cluster.ListenAddrs(), Security: reach}
}

func TestGuardedKafka(t *testing.T) {
	t.Parallel()
	b, err := Open(t.Context(), guarded(t, "open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if created, err := b.EnsureTopics(t.Context()); err != nil || len(created) != len(record.Kinds()) {
		t.Fatal(created, err)
	}
	if err := b.Produce(t.Context(), []Message{{Kind: record.KindEvent, Key: "k", Value: []byte("{}")}}); err != nil {
		t.Error(err)
	}
	if got := b.Security().String(); got != "TLS, user ada by SCRAM-SHA-256" {
		t.Errorf("reached by %q", got)
	}
}

func TestWrongPasswordNamesItsSetting(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), guarded(t, "wrong sesame"))
	if err == nil || !strings.Contains(err.Error(), "kafka.sasl") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("error %v", err)
	}
}

func TestRefusalIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	config := guarded(t, "open sesame")
	config.Security.TLS.RootCAs = nil
	config.Wait = true
	_, err := Open(t.Context(), config)
	if !security.Refused(err) || Lost(err) || !strings.Contains(err.Error(), "kafka.tls.ca") || strings.Contains(err.Error(), "check that it runs") {
		t.Errorf("error %v", err)
	}
}

func TestSecurityWithoutBrokers(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), Config{Dir: t.TempDir(), Security: security.Security{TLS: &tls.Config{}}}); err == nil || !strings.Contains(err.Error(), "no Brokers") {
		t.Errorf("error %v", err)
	}
}

// door is an address at which connections end until it is opened, and then go
// on to the broker behind it.
type door struct {
	net.Listener
	open    atomic.Bool
	knocked atomic.Int64
}

func newDoor(t *testing.T, behind string) *door {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Listener: listener}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			d.knocked.Add(1)
			if !d.open.Load() {
				conn.Close()
				continue
			}
			go func() {
				defer conn.Close()
				on, err := net.Dial("tcp", behind)
				if err != nil {
					return
				}
				defer on.Close()
				go func() { _, _ = io.Copy(on, conn) }()
				_, _ = io.Copy(conn, on)
			}()
		}
	}()
	return d
}

// await waits until somebody has come to the door n times since it was made.
func (d *door) await(t *testing.T, n int64) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for d.knocked.Load() < n {
		select {
		case <-deadline:
			t.Fatalf("%d came, want %d", d.knocked.Load(), n)
		case <-tick.C:
		}
	}
}

// TestProduceWaitsForKafka: connections end in the middle of a request, as those
// to a broker that restarts do.
func TestProduceWaitsForKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var away atomic.Bool
	cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		return nil, errors.New("restarting"), away.Load()
	})
	said := &saidOnce{first: make(chan struct{})}
	b, err := Open(t.Context(), Config{Brokers: cluster.ListenAddrs(), Patience: time.Hour, Logger: slog.New(said)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.writer.MaxAttempts = 1 // of the client's own
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	away.Store(true)
	late := []Message{{Kind: record.KindEvent, Key: "k", Value: []byte("late")}}
	produced := make(chan error, 1)
	go func() { produced <- b.Produce(t.Context(), late) }()
	select {
	case <-said.first:
	case err := <-produced:
		t.Fatalf("it did not wait: %v", err)
	}
	away.Store(false)
	if err := <-produced; err != nil {
		t.Fatal(err)
	}
	if warnings := said.warnings.Load(); warnings != 1 {
		t.Errorf("it was said %d times", warnings)
	}
	values(t, b.Addrs(), record.KindEvent, 1)

	cluster.Close() // now connections are refused
	b.config.Patience = time.Millisecond
	if err := b.Produce(t.Context(), late); !Lost(err) || !strings.Contains(err.Error(), "it was tried for 1ms") {
		t.Errorf("it stays away: %v", err)
	}
}

// saidOnce counts warnings, and closes first at the first one.
type saidOnce struct {
	slog.Handler
	first    chan struct{}
	warnings atomic.Int64
}

func (s *saidOnce) Enabled(context.Context, slog.Level) bool { return true }

func (s *saidOnce) Handle(_ context.Context, said slog.Record) error {
	if said.Level == slog.LevelWarn && s.warnings.Add(1) == 1 {
		close(s.first)
	}
	return nil
}

func TestOpenWaitsForKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	d := newDoor(t, cluster.ListenAddrs()[0])
	config := Config{Brokers: []string{d.Addr().String()}}
	if _, err := Open(t.Context(), config); !Lost(err) || !strings.Contains(err.Error(), "set kafka.tls") || !strings.Contains(err.Error(), "check that it runs") {
		t.Errorf("without Wait: %v", err)
	}
	config.Wait = true
	knocked := d.knocked.Load()
	opened := make(chan error, 1)
	go func() {
		b, err := Open(t.Context(), config)
		if err == nil {
			err = b.Close()
		}
		opened <- err
	}()
	d.await(t, knocked+3)
	d.open.Store(true)
	if err := <-opened; err != nil {
		t.Error(err)
	}

	d.open.Store(false)
	ctx, cancel := context.WithCancel(t.Context())
	knocked = d.knocked.Load()
	go func() {
		_, err := Open(ctx, config)
		opened <- err
	}()
	d.await(t, knocked+1)
	cancel()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}
