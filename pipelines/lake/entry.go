package lake

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	fastjson "github.com/segmentio/encoding/json"
)

// The kinds whose files an entry lists apart, because it counts them apart.
const (
	DeadLetters = "dead_letters" // records that could not be read, as they came
	Tombstones  = "tombstones"   // records that say that something is deleted
)

// Entry says what became of the records of one partition from offset Start up
// to End (exclusive). For every entry Rows + Dead + Tombstones + Skipped is
// End - Start, and its Start is the End of the entry before it, or 0.
type Entry struct {
	Topic      string
	Epoch      int32 // rises when the topic was made anew and its offsets began again
	Partition  int32
	Start, End int64
	Rows       int64  // records that became rows
	Dead       int64  // records that could not be read, and are kept as dead letters
	Tombstones int64  // records without a value
	Skipped    int64  // offsets that held no record, or one that Kafka no longer had
	Gone       int64  // of Skipped, those whose records Kafka no longer had
	Reason     string // of Skipped, where it is more than Kafka's own marks
	Files      []File // of all kinds, dead letters and tombstones too
	At         time.Time
	Schema     int
	Cluster    string // Kafka's own id of the cluster; empty if it says none
	TopicID    string // Kafka's own id of the topic, another one when it is made anew; empty if it says none
}

// File is one landed file.
type File struct {
	Kind       string    `json:"kind"`
	Path       string    `json:"path"` // relative to the lake, with slashes
	Rows       int64     `json:"rows"`
	Bytes      int64     `json:"bytes"`
	SHA256     string    `json:"sha256"` // hexadecimal
	MinEventAt time.Time `json:"min_event_at,omitzero"`
	MaxEventAt time.Time `json:"max_event_at,omitzero"`
}

// Log names the chain that the entry is part of: topic, epoch and partition.
func (e Entry) Log() string { return e.log().String() }

func (e Entry) log() logID { return logID{e.Topic, e.Epoch, e.Partition} }

// validate says everything that is wrong with the entry by itself.
func (e Entry) validate() error {
	var faults []error
	if e.Topic == "" {
		faults = append(faults, errors.New("no topic"))
	}
	if e.Start < 0 || e.End <= e.Start {
		faults = append(faults, fmt.Errorf("no range of offsets: %d to %d", e.Start, e.End))
	}
	if min(e.Rows, e.Dead, e.Tombstones, e.Skipped) < 0 || e.Rows+e.Dead+e.Tombstones+e.Skipped != e.End-e.Start {
		faults = append(faults, fmt.Errorf("%d rows, %d dead letters, %d tombstones and %d skipped are not the %d offsets from %d to %d",
			e.Rows, e.Dead, e.Tombstones, e.Skipped, e.End-e.Start, e.Start, e.End))
	}
	if e.Gone < 0 || e.Gone > e.Skipped {
		faults = append(faults, fmt.Errorf("%d of %d skipped offsets are gone", e.Gone, e.Skipped))
	}
	return errors.Join(faults...)
}

// entryJSON is an entry's form in the log, which is public.
type entryJSON struct {
	Topic          string    `json:"topic"`
	Epoch          int32     `json:"epoch"`
	Partition      int32     `json:"partition"`
	Start          int64     `json:"start"`
	End            int64     `json:"end"`
	Rows           int64     `json:"rows"`
	Dead           int64     `json:"dead"`
	Tombstones     int64     `json:"tombstones"`
	Skipped        int64     `json:"skipped"`
	Gone           int64     `json:"gone,omitempty"`
	Reason         string    `json:"reason,omitempty"`
	Files          []File    `json:"files"`
	DeadFiles      []File    `json:"dead_files,omitempty"`
	TombstoneFiles []File    `json:"tombstone_files,omitempty"`
	Schema         int       `json:"schema"`
	At             time.Time `json:"at"`
	Cluster        string    `json:"cluster,omitempty"`
	TopicID        string    `json:"topic_id,omitempty"`
}

var errEmpty = errors.New("it is empty")

// MarshalJSON is the entry's form in the log.
func (e Entry) MarshalJSON() ([]byte, error) {
	wire := entryJSON{
		Topic: e.Topic, Epoch: e.Epoch, Partition: e.Partition, Start: e.Start, End: e.End,
		Rows: e.Rows, Dead: e.Dead, Tombstones: e.Tombstones, Skipped: e.Skipped, Gone: e.Gone, Reason: e.Reason,
		Files: []File{}, Schema: e.Schema, At: e.At.UTC(), Cluster: e.Cluster, TopicID: e.TopicID,
	}
	for _, file := range e.Files {
		switch file.Kind {
		case DeadLetters:
			wire.DeadFiles = append(wire.DeadFiles, file)
		case Tombstones:
			wire.TombstoneFiles = append(wire.TombstoneFiles, file)
		default:
			wire.Files = append(wire.Files, file)
		}
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads the entry's form in the log.
func (e *Entry) UnmarshalJSON(content []byte) error {
	var wire entryJSON
	// A lake has millions of entries: the standard library would take thrice as
	// long. It says better what is wrong.
	if err := fastjson.Unmarshal(content, &wire); err != nil {
		if len(content) == 0 {
			return errEmpty
		}
		return cmp.Or(json.Unmarshal(content, new(entryJSON)), err)
	}
	*e = Entry{
		Topic: wire.Topic, Epoch: wire.Epoch, Partition: wire.Partition, Start: wire.Start, End: wire.End,
		Rows: wire.Rows, Dead: wire.Dead, Tombstones: wire.Tombstones, Skipped: wire.Skipped, Gone: wire.Gone, Reason: wire.Reason,
		Schema: wire.Schema, At: wire.At, Cluster: wire.Cluster, TopicID: wire.TopicID,
	}
	e.Files = slices.Concat(wire.Files, wire.DeadFiles, wire.TombstoneFiles)
	return nil
}

func entryName(start int64) string { return fmt.Sprintf("%020d.json", start) }

// startOf is the start that the name of an entry says; anything else in the
// folder is no entry.
func startOf(name string) (int64, bool) {
	if len(name) != len("00000000000000000000.json") || name[20:] != ".json" {
		return 0, false
	}
	start, err := strconv.ParseInt(name[:20], 10, 64)
	return start, err == nil && start >= 0
}
