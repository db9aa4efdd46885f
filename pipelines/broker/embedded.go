package broker

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"parley/pipelines/lake"
)

// address is what the process that runs the broker writes beside its lock, for
// other processes.
type address struct {
	PID   int      `json:"pid"` // says whether it is the present holder's
	Addrs []string `json:"addrs"`
}

const (
	lockName    = "lock"
	addressName = "address.json"
	logName     = "log"
)

// readyTimeout is how long another process may take from its lock to its
// address, reading a long log included.
const readyTimeout = time.Minute

func openEmbedded(ctx context.Context, config Config) (*Broker, error) {
	const pause = 20 * time.Millisecond
	deadline := time.Now().Add(readyTimeout)
	for {
		unlock, err := lake.Lock(filepath.Join(config.Dir, lockName))
		if err == nil {
			return start(config, unlock)
		}
		var locked *lake.LockedError
		if !errors.As(err, &locked) {
			return nil, fmt.Errorf("open the embedded broker: %w", err)
		}
		b, err := borrow(ctx, config, locked.Holder)
		if err == nil {
			return b, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("open the embedded broker in %s: %s runs it, but does not answer: %w; end that process", config.Dir, locked.Holder, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("open the embedded broker in %s: %w", config.Dir, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// start runs the broker in this process, which holds the lock.
func start(config Config, unlock func()) (*Broker, error) {
	cluster, err := startCluster(config)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("start the embedded broker in %s: %w", config.Dir, err)
	}
	b := connect(config, cluster.ListenAddrs())
	b.cluster, b.unlock = cluster, unlock
	content, err := json.Marshal(address{PID: os.Getpid(), Addrs: b.addrs})
	if err == nil {
		err = lake.ReplaceFile(filepath.Join(config.Dir, addressName), append(content, '\n'))
	}
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("start the embedded broker in %s: %w", config.Dir, err)
	}
	return b, nil
}

func startCluster(config Config) (*kfake.Cluster, error) {
	// A former process's address may carry this one's number: in a container
	// every process has the same.
	err := os.Remove(filepath.Join(config.Dir, addressName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.DataDir(filepath.Join(config.Dir, logName)),
		kfake.SyncWrites(),
		// A log that is made anew gets another id: whoever reads it must not
		// take its offsets for those of the former one.
		kfake.ClusterID(rand.Text()),
		kfake.WithLogger(clusterLogger{config.Logger}),
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes":         strconv.Itoa(maxRecordBytes),
			"log.retention.ms":          "-1",
			"offsets.retention.minutes": strconv.Itoa(10 * 365 * 24 * 60),
		}),
	)
}

// stop ends the broker in this process; the lock is the last to go.
func (b *Broker) stop() {
	// One that stays names a process that holds the lock no more: nobody follows it.
	_ = os.Remove(filepath.Join(b.config.Dir, addressName))
	b.cluster.Close()
	b.unlock()
}

// borrow connects to the broker that the holder of the lock runs.
func borrow(ctx context.Context, config Config, holder lake.Holder) (*Broker, error) {
	content, err := os.ReadFile(filepath.Join(config.Dir, addressName))
	if err != nil {
		return nil, err
	}
	var at address
	if err := json.Unmarshal(content, &at); err != nil {
		return nil, err
	}
	if at.PID != holder.PID || len(at.Addrs) == 0 {
		return nil, errors.New("it has not said its address yet")
	}
	b := connect(config, at.Addrs)
	if err := b.ping(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// clusterLogger passes on what the broker inside the process complains of.
type clusterLogger struct{ *slog.Logger }

func (l clusterLogger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.Error("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	default:
	}
}
