package landing

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What follows counts what a lake holds apart from the code under test: it
// knows the log's public form and Parquet's, and nothing of package lake, of
// the rows' types or of how a record is decoded.

// spot is where a record stands in Kafka, for good.
type spot struct {
	topic            string
	epoch, partition int
	offset           int64
}

// fate is what must become of a record: a row with its id, a dead letter with
// its very bytes, a tombstone with its key.
type fate struct{ become, text string }

func fateOf(key, value []byte) fate {
	var has struct {
		ID string `json:"id"`
	}
	switch {
	case value == nil:
		return fate{"tombstone", string(key)}
	case json.Unmarshal(value, &has) != nil || has.ID == "" || len(has.ID) > 1024:
		return fate{"dead letter", shortly(value)}
	default:
		return fate{"row", shortly([]byte(has.ID))}
	}
}

// shortly is the text itself, or what tells a long one from all others.
func shortly(text []byte) string {
	if len(text) <= 64 {
		return string(text)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// textColumns are the columns that hold a fate's text, by what a record became.
var textColumns = map[string]string{"row": "event_id", "dead letter": "value", "tombstone": "key"}

type listedFile struct {
	Path        string
	Rows, Bytes int64
	SHA256      string
}

type listedEntry struct {
	Topic                           string
	Epoch, Partition                int
	Start, End                      int64
	Rows, Dead, Tombstones, Skipped int64
	Reason                          string
	Files                           []listedFile
	DeadFiles                       []listedFile `json:"dead_files"`
	TombstoneFiles                  []listedFile `json:"tombstone_files"`
}

// found is all that a lake holds by its log.
type found struct {
	fates   map[spot]fate
	entries []listedEntry // in the order of logs and starts
	gaps    []listedEntry // of them, those that skip what retention took away
}

// read reads the whole lake and checks what must hold of it at any time.
func (b *bench) read() found {
	b.Helper()
	all := found{fates: map[spot]fate{}}
	root := b.lake.Root()
	logs, err := filepath.Glob(filepath.Join(root, "log", "*", "*", "*"))
	if err != nil {
		b.Fatal(err)
	}
	listed := map[string]bool{}
	for _, log := range logs {
		var end int64
		for _, entry := range b.chain(log) {
			if name := fmt.Sprintf("%s/%d/%d", entry.Topic, entry.Epoch, entry.Partition); !strings.HasSuffix(log, "/"+name) {
				b.Errorf("%s holds an entry of %s", log, name)
			}
			if entry.Start != end {
				b.Errorf("%s: an entry begins at %d, the one before ends at %d", log, entry.Start, end)
			}
			end = entry.End
			if entry.Rows+entry.Dead+entry.Tombstones+entry.Skipped != entry.End-entry.Start {
				b.Errorf("%s does not add up: %+v", log, entry)
			}
			for _, part := range []struct {
				become string
				count  int64
				files  []listedFile
			}{{"row", entry.Rows, entry.Files}, {"dead letter", entry.Dead, entry.DeadFiles}, {"tombstone", entry.Tombstones, entry.TombstoneFiles}} {
				var rows int64
				for _, file := range part.files {
					if listed[file.Path] {
						b.Errorf("%s is listed twice", file.Path)
					}
					listed[file.Path] = true
					rows += file.Rows
					b.readFile(all.fates, filepath.Join(root, filepath.FromSlash(file.Path)), file, entry, part.become)
				}
				if rows != part.count {
					b.Errorf("%s at %d says %d of %s, its files %d", log, entry.Start, part.count, part.become, rows)
				}
			}
			all.entries = append(all.entries, entry)
			if strings.Contains(entry.Reason, "retention") {
				all.gaps = append(all.gaps, entry)
			}
		}
	}
	return all
}

// chain reads the entries of one log: from its checkpoints, then one by one.
func (b *bench) chain(log string) []listedEntry {
	b.Helper()
	byStart := map[int64]listedEntry{}
	add := func(content []byte) listedEntry {
		b.Helper()
		var entry listedEntry
		if err := json.Unmarshal(content, &entry); err != nil {
			b.Errorf("%s: %v in %s", log, err, content)
		}
		byStart[entry.Start] = entry
		return entry
	}
	checkpoints, err := filepath.Glob(filepath.Join(log, "checkpoints", "*.ndjson.gz"))
	if err != nil {
		b.Fatal(err)
	}
	var covered int64
	for _, path := range checkpoints {
		packed, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		content, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			b.Fatalf("%s: %v", path, err)
		}
		lines := bufio.NewScanner(content)
		lines.Buffer(nil, 1<<20)
		for first := true; lines.Scan(); first = false {
			if !first { // the totals
				covered = max(covered, add(lines.Bytes()).End)
			}
		}
		if lines.Err() != nil {
			b.Fatalf("%s: %v", path, lines.Err())
		}
	}
	names, err := os.ReadDir(log)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		digits, isEntry := strings.CutSuffix(name.Name(), ".json")
		start, err := strconv.ParseInt(digits, 10, 64)
		if !isEntry || err != nil || start < covered {
			continue
		}
		content, err := os.ReadFile(filepath.Join(log, name.Name()))
		if err != nil {
			b.Fatal(err)
		}
		if entry := add(content); entry.Start != start {
			b.Errorf("%s/%s begins at %d", log, name.Name(), entry.Start)
		}
	}
	entries := make([]listedEntry, 0, len(byStart))
	for _, entry := range byStart {
		entries = append(entries, entry)
	}
	slices.SortFunc(entries, func(a, b listedEntry) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	return entries
}

// readFile adds a listed file's rows to what was found.
func (b *bench) readFile(fates map[spot]fate, path string, says listedFile, entry listedEntry, become string) {
	b.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		b.Errorf("a listed file: %v", err)
		return
	}
	if sum := sha256.Sum256(content); int64(len(content)) != says.Bytes || hex.EncodeToString(sum[:]) != says.SHA256 {
		b.Errorf("%s has %d bytes, or other ones, than its entry says: %d", path, len(content), says.Bytes)
		return
	}
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		b.Errorf("%s: %v", path, err)
		return
	}
	text := textColumns[become]
	if become == "row" && !strings.HasSuffix(entry.Topic, "events") {
		text = "" // of other kinds the place alone is looked at
	}
	partitions, offsets, texts := b.column(file, "kafka_partition"), b.column(file, "kafka_offset"), b.column(file, text)
	if int64(len(offsets)) != says.Rows || len(partitions) != len(offsets) {
		b.Errorf("%s has %d rows, its entry says %d", path, len(offsets), says.Rows)
	}
	for i, offset := range offsets {
		at := spot{entry.Topic, entry.Epoch, int(partitions[i].Int32()), offset.Int64()}
		if at.partition != entry.Partition || at.offset < entry.Start || at.offset >= entry.End {
			b.Errorf("%s of %d to %d holds the record at %+v", path, entry.Start, entry.End, at)
		}
		if before, twice := fates[at]; twice {
			b.Errorf("%+v landed twice, as %v and as a %s in %s", at, before, become, path)
		}
		is := fate{become: become}
		if text != "" {
			is.text = texts[i].String()
			if become != "tombstone" {
				is.text = shortly(texts[i].ByteArray())
			}
		}
		fates[at] = is
	}
}

// column reads a flat column's values, by its name; none if there is no name.
func (b *bench) column(file *parquet.File, name string) (values []parquet.Value) {
	b.Helper()
	if name == "" {
		return nil
	}
	leaf, ok := file.Schema().Lookup(name)
	if !ok {
		b.Fatalf("no column %s in %s", name, file.Schema())
	}
	for _, group := range file.RowGroups() {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			from := len(values)
			values = append(values, make([]parquet.Value, page.NumValues())...)
			if _, err := page.Values().ReadValues(values[from:]); err != nil && !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
			for i := from; i < len(values); i++ {
				values[i] = values[i].Clone() // the page's memory is used again
			}
		}
		if err := pages.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return values
}

// inKafka reads what Kafka has of the events, by another client than landing's.
func (b *bench) inKafka(epoch int) map[spot]fate {
	b.Helper()
	topic := b.prefix + "events"
	source := newSource(b.config())
	defer source.close()
	ends, err := source.offsets(b.Context(), topic, 0, 1, 2)
	if err != nil {
		b.Fatal(err)
	}
	has := map[spot]fate{}
	from := map[int32]kgo.Offset{}
	for partition, offsets := range ends {
		if offsets.first < offsets.stable {
			from[partition] = kgo.NewOffset().At(offsets.first)
		}
	}
	if len(from) == 0 {
		return has
	}
	reader := b.client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.FetchMaxWait(100*time.Millisecond))
	defer reader.Close()
	for len(from) > 0 {
		fetches := reader.PollFetches(b.Context())
		if err := fetches.Err(); err != nil {
			b.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				has[spot{topic, epoch, int(r.Partition), r.Offset}] = fateOf(r.Key, r.Value)
			}
			if r.Offset+1 >= ends[r.Partition].stable {
				delete(from, r.Partition)
			}
		})
	}
	return has
}
