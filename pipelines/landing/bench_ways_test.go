package landing

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"parley/pipelines/record"
)

// benchEvent is the key and, appended to buffer, the value of the i-th event:
// some 340 bytes.
func benchEvent(buffer []byte, i int) (key string, value []byte) {
	names := []string{"page_view", "signed_up", "shift_created", "plan_changed", "report_viewed", "logged_in", "invited_teammate"}
	plans := []string{"starter", "team", "business"}
	user := (i * 7919) % 200_000
	at := time.Unix(1_767_225_600+int64(i/50), int64(i%1000)*1_000_000).UTC().Format(time.RFC3339Nano)
	return fmt.Sprintf("u_%08d", user), fmt.Appendf(buffer,
		`{"type":"event","id":"evt_%012x%08x","event_name":"%s","user_id":"u_%08d","company_id":"c_%05d","created_at":"%s","url":"https://app.example.com/rota/%d","ip":"192.0.2.%d","metadata":{"plan":"%s","n":%d,"ok":%t,"price":%d.%02d,"session":"%016x"}}`,
		i, uint32(i)*2654435761, names[i%7], user, user%5000, at, i%500, i%250, plans[i%3], i%1000, i%2 == 0, i%300, i%100, uint64(i)*11400714819323198485)
}

// arena holds the values of events outside Go's heap, so that the collector
// works as hard for what is measured as it does in landing.
type arena struct {
	bytes []byte
	ends  []int
}

func newArena(records int) (*arena, error) {
	a := &arena{ends: make([]int, 0, records)}
	memory, err := syscall.Mmap(-1, 0, records*512, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	memory = memory[:0]
	for i := range records {
		_, memory = benchEvent(memory, i)
		a.ends = append(a.ends, len(memory))
	}
	a.bytes = memory
	runtime.GC()
	return a, nil
}

func (a *arena) value(i int) []byte {
	if i == 0 {
		return a.bytes[:a.ends[0]]
	}
	return a.bytes[a.ends[i-1]:a.ends[i]]
}

// encode is the limit: each processor decodes and encodes its part of the
// records into one file, synced to disk.
func (a *arena) encode(_ context.Context, c child) (int64, error) {
	var group errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() error {
			files := &eventFiles{folder: c.Into, partition: int32(worker)}
			for i := worker * len(a.ends) / workers; i < (worker+1)*len(a.ends)/workers; i++ {
				if err := files.add(int64(i), a.value(i)); err != nil {
					return err
				}
			}
			return files.end()
		})
	}
	return int64(len(a.ends)), group.Wait()
}

// landByReader is the usual way: kafka-go's Reader gives one record after the
// other, and every so many become a file, synced to disk. It reads each
// partition by itself; a group would cost it the time of joining and of its
// commits. What it does not do is all of README.md: a crash between a file and
// its commit lands a batch twice, and a record that cannot be read ends it.
func landByReader(ctx context.Context, c child) (int64, error) {
	const batch = 100_000
	topic := record.KindEvent.Topic(c.Prefix)
	partitions, err := kafka.LookupPartitions(ctx, "tcp", c.Addrs[0], topic)
	if err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	landed := make([]int64, len(partitions))
	for i, partition := range partitions {
		group.Go(func() error {
			leader, err := kafka.DialLeader(ctx, "tcp", c.Addrs[0], topic, partition.ID)
			if err != nil {
				return err
			}
			defer leader.Close()
			end, err := leader.ReadLastOffset()
			if err != nil {
				return err
			}
			reader := kafka.NewReader(kafka.ReaderConfig{
				Brokers: c.Addrs, Topic: topic, Partition: partition.ID,
				MinBytes: 1, MaxBytes: 4 << 20, MaxWait: 200 * time.Millisecond, QueueCapacity: 8192, // each as fast as it goes
			})
			defer reader.Close()
			files := &eventFiles{folder: c.Into, partition: int32(partition.ID)}
			for landed[i] < end {
				m, err := reader.ReadMessage(ctx)
				if err != nil {
					return err
				}
				if err := files.add(m.Offset, m.Value); err != nil {
					return err
				}
				landed[i]++
				if landed[i]%batch == 0 {
					if err := files.end(); err != nil {
						return err
					}
				}
			}
			return files.end()
		})
	}
	err = group.Wait()
	var sum int64
	for _, n := range landed {
		sum += n
	}
	return sum, err
}

// eventFiles writes events to Parquet files like landing's, one after the other.
type eventFiles struct {
	folder    string
	partition int32
	batch     []record.Event
	writer    *parquet.GenericWriter[record.Event]
	file      *os.File
	files     int
}

func (f *eventFiles) add(offset int64, value []byte) error {
	if f.batch == nil {
		f.batch = make([]record.Event, 0, batchRows)
	}
	f.batch = append(f.batch, record.Event{})
	if err := f.batch[len(f.batch)-1].Decode(value, record.Position{Partition: f.partition, Offset: offset, At: time.Unix(0, 0)}); err != nil {
		return err
	}
	if len(f.batch) == batchRows {
		return f.flush()
	}
	return nil
}

func (f *eventFiles) flush() (err error) {
	if f.file == nil {
		f.files++
		if f.file, err = os.Create(filepath.Join(f.folder, fmt.Sprintf("%d-%d.parquet", f.partition, f.files))); err != nil {
			return err
		}
		if f.writer == nil {
			f.writer = newWriter[record.Event](f.file)
		} else {
			f.writer.Reset(f.file)
		}
	}
	_, err = f.writer.Write(f.batch)
	clear(f.batch)
	f.batch = f.batch[:0]
	return err
}

// end ends the file and makes it durable.
func (f *eventFiles) end() error {
	if len(f.batch) > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	if f.file == nil {
		return nil
	}
	if err := f.writer.Close(); err != nil {
		return err
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	err := f.file.Close()
	f.file = nil
	return err
}
