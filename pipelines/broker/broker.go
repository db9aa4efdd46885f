// Package broker is where records are produced to: the Kafka that is
// configured, or else a broker inside the process that keeps its log in a
// folder and speaks Kafka's protocol. Whichever it is, nothing else need know.
//
// The broker inside a process is opened once: a second process finds it and
// uses it. It listens on loopback alone.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"parley/pipelines/broker/security"
)

// Config says which broker, and what its topics are like.
type Config struct {
	// Brokers are Kafka's addresses, as host:port. None: the broker inside the process.
	Brokers []string
	// Security is how Brokers are reached. Zero: in clear, as nobody.
	Security security.Security
	// Dir is the folder of the broker inside the process: its log, its lock and
	// its address. Needed if there are no Brokers.
	Dir string
	// TopicPrefix stands before the kind in a topic's name. Zero: no prefix.
	TopicPrefix string
	// Partitions is how many a topic is made with. Zero: 4.
	Partitions int
	// Wait makes Open wait, for ever, for Brokers that do not answer, and say so
	// to Logger; a refusal is an error all the same. Zero: not to answer is an error.
	Wait bool
	// Patience is how long Produce tries again where Brokers go away or do not
	// answer, beyond what the client itself does. Zero: it does not. The broker
	// inside a process is not waited for: Do opens another.
	Patience time.Duration
	// Logger is told of what goes wrong and mends itself. Zero: nobody is.
	Logger *slog.Logger
}

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	var faults []error
	if len(c.Brokers) == 0 && c.Dir == "" {
		faults = append(faults, errors.New("broker: neither Brokers nor Dir is given"))
	}
	if len(c.Brokers) == 0 && (c.Security.TLS != nil || c.Security.SASL != nil) {
		faults = append(faults, errors.New("broker: Security is given, but no Brokers; the broker inside the process is on this machine and needs none"))
	}
	if c.Patience < 0 {
		faults = append(faults, fmt.Errorf("broker: Patience is %s; give how long to wait, or 0 for not at all", c.Patience))
	}
	if c.Partitions < 0 {
		faults = append(faults, fmt.Errorf("broker: Partitions is %d; give 1 or more, or 0 for the default", c.Partitions))
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	if c.Partitions == 0 {
		c.Partitions = 4
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Broker is an open way to the broker. It is safe to use from several goroutines.
type Broker struct {
	config    Config
	addrs     []string
	cluster   *kfake.Cluster // nil unless this process runs the broker
	unlock    func()         // nil unless this process runs the broker
	transport *kafka.Transport
	client    *kafka.Client
	writer    *kafka.Writer // for records that share a request
	wide      *kafka.Writer // for a record too long to share one
	close     func() error
}

// pingTimeout bounds one look whether a broker answers.
const pingTimeout = security.DialTimeout + 2*time.Second

// Open opens the configured Kafka, which must answer and let us in; or the
// broker inside the process: it starts it, or, where another process has it
// open, connects to that one and waits for it to be ready if need be.
func Open(ctx context.Context, config Config) (*Broker, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	if len(config.Brokers) == 0 {
		return openEmbedded(ctx, config)
	}
	return openConfigured(ctx, config)
}

func openConfigured(ctx context.Context, config Config) (*Broker, error) {
	const longest = 5 * time.Second
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		b := connect(config, config.Brokers)
		err := b.ping(ctx)
		if err == nil {
			return b, nil
		}
		b.Close()
		err = explain(config, err)
		if !config.Wait || security.Refused(err) {
			return nil, err
		}
		if pause > time.Second { // a shorter fault is nobody's concern
			config.Logger.Warn("waiting for Kafka", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for Kafka: %w: %w", ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// explain says what to do about a fault of the first contact.
func explain(config Config, err error) error {
	err = fmt.Errorf("connect to Kafka at %s: %w", strings.Join(config.Brokers, ", "), err)
	if security.Refused(err) {
		return security.Explain(err)
	}
	return fmt.Errorf("%w; check that it runs and that kafka.brokers names it", config.Security.Suspect(err))
}

func connect(config Config, addrs []string) *Broker {
	b := &Broker{config: config, addrs: addrs}
	b.transport = config.Security.Transport("parley")
	b.client = &kafka.Client{Addr: kafka.TCP(addrs...), Timeout: 30 * time.Second, Transport: b.transport}
	b.writer = b.newWriter(batchRecords, batchBytes)
	b.wide = b.newWriter(1, maxRecordBytes)
	b.close = sync.OnceValue(func() error {
		err := errors.Join(b.writer.Close(), b.wide.Close())
		b.transport.CloseIdleConnections()
		if b.cluster != nil {
			b.stop()
		}
		return err
	})
	return b
}

func (b *Broker) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := b.client.Metadata(ctx, &kafka.MetadataRequest{})
	return err
}

// Addrs are the addresses at which Kafka's protocol is spoken, as host:port.
func (b *Broker) Addrs() []string { return b.addrs }

// Embedded says whether it is the broker inside a process, this or another.
func (b *Broker) Embedded() bool { return len(b.config.Brokers) == 0 }

// Security is how the addresses are reached.
func (b *Broker) Security() security.Security { return b.config.Security }

// Owner says whether it is the broker inside this process.
func (b *Broker) Owner() bool { return b.cluster != nil }

// Close ends the connections, and the broker if this process runs it.
func (b *Broker) Close() error { return b.close() }

// Do opens the broker and runs work with it. If the broker was another
// process's and that process ends in the middle, Do opens it again and runs
// work anew from its beginning: records that come twice count once.
func Do(ctx context.Context, config Config, work func(context.Context, *Broker) error) error {
	const tries = 10
	for try := 1; ; try++ {
		b, err := Open(ctx, config)
		if err != nil {
			return err
		}
		borrowed := b.Embedded() && !b.Owner()
		err = errors.Join(work(ctx, b), b.Close())
		if err == nil || !borrowed || !Lost(err) || ctx.Err() != nil || try == tries {
			return err
		}
		config.withDefaults().Logger.Warn("the process that ran the broker has ended; beginning again", "error", err)
	}
}
