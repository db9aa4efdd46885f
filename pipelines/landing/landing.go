// Package landing brings records from Kafka into the lake, each exactly once,
// without a coordinator: what became of a partition's records stands in the
// lake's log, whose entries are created exclusively, and reading goes on from
// the log's end. Kafka's committed offsets are kept for displays of the lag
// alone. README.md says what follows from it.
//
// It knows nothing of SQL, and of a record no more than that it decodes itself.
package landing

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/pipelines/broker/security"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// schema is the version of the row structs as a whole, the v= of landed files:
// it rises when a column changes its type, not when one is added.
const schema = 1

// Config says from where to where, and how large the files become.
type Config struct {
	// Addrs are Kafka's addresses, as host:port. Needed.
	Addrs []string
	// Security is how they are reached. Zero: in clear, as nobody.
	Security security.Security
	// TopicPrefix stands before the kind in a topic's name. Zero: no prefix.
	TopicPrefix string
	// Group is the consumer group that divides the partitions among the processes
	// that land into one lake: two lakes are two groups, each with all records.
	// Zero: "parley-landing-" and the lake's id.
	Group string
	// Lake is where records land. Needed.
	Lake *lake.Lake
	// RotateRows is how many records end a file. Zero: 1,000,000.
	RotateRows int
	// RotateBytes is about how large a file becomes. Zero: 128 MB.
	RotateBytes int64
	// RotateEvery is how long a record may wait for its file's end. Zero: one
	// minute. Once knows no such time: it ends files when it has all.
	RotateEvery time.Duration
	// Patience is how long Kafka may fail to answer before landing ends with
	// that error. Zero: 30 seconds for Once, for ever for Run.
	Patience time.Duration
	// Now tells the time of landing. Zero: time.Now.
	Now func() time.Time
	// BreakerShare is the share of a window's records that may be unreadable.
	// Beyond it Run holds the partition still: see README.md. 1 is never. Zero: 0.9.
	BreakerShare float64
	// BreakerWindow is of how many records, at least, the share is taken. Zero: 10,000.
	BreakerWindow int
	// Progress is told how far it is, at most ten times a second, and never from
	// two goroutines at once. Zero: nobody is.
	Progress func(Progress)
	// Metrics are kept up to date for Prometheus. Zero: none are.
	Metrics *Metrics
	// Logger is told of what goes wrong and mends itself. Zero: nobody is.
	Logger *slog.Logger

	// after is time.After, but for tests that do not wait.
	after func(time.Duration) <-chan time.Time
}

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	var faults []error
	if len(c.Addrs) == 0 {
		faults = append(faults, errors.New("landing: Addrs is empty"))
	}
	if c.Lake == nil {
		faults = append(faults, errors.New("landing: Lake is not given"))
	}
	for _, number := range []struct {
		name  string
		value int64
	}{{"RotateRows", int64(c.RotateRows)}, {"RotateBytes", c.RotateBytes}, {"RotateEvery", int64(c.RotateEvery)}, {"Patience", int64(c.Patience)}, {"BreakerWindow", int64(c.BreakerWindow)}} {
		if number.value < 0 {
			faults = append(faults, fmt.Errorf("landing: %s is below zero", number.name))
		}
	}
	if c.BreakerShare < 0 || c.BreakerShare > 1 {
		faults = append(faults, errors.New("landing: BreakerShare is not between 0 and 1"))
	}
	return errors.Join(faults...)
}

// complete fills in what is not given.
func (c Config) complete() (Config, error) {
	if c.Group == "" {
		id, err := c.Lake.ID()
		if err != nil {
			return Config{}, err
		}
		c.Group = "parley-landing-" + id
	}
	return c.withDefaults(), nil
}

func (c Config) withDefaults() Config {
	if c.RotateRows == 0 {
		c.RotateRows = 1_000_000
	}
	if c.RotateBytes == 0 {
		c.RotateBytes = 128 << 20
	}
	if c.RotateEvery == 0 {
		c.RotateEvery = time.Minute
	}
	if c.BreakerShare == 0 {
		c.BreakerShare = 0.9
	}
	if c.BreakerWindow == 0 {
		c.BreakerWindow = 10_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.after == nil {
		c.after = time.After
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Summary says what has landed.
type Summary struct {
	Rows       map[record.Kind]int64 // kinds with at least one row
	Dead       int64                 // records that could not be read, kept as dead letters
	Tombstones int64                 // records that say that something is deleted
	Skipped    int64                 // offsets without a record to land
	Files      int
}

func (s *Summary) add(kind record.Kind, landed *lake.Entry) {
	if landed.Rows > 0 {
		if s.Rows == nil {
			s.Rows = map[record.Kind]int64{}
		}
		s.Rows[kind] += landed.Rows
	}
	s.Dead += landed.Dead
	s.Tombstones += landed.Tombstones
	s.Skipped += landed.Skipped
	s.Files += len(landed.Files)
}
