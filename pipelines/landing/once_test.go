package landing

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/record"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := Once(t.Context(), Config{RotateRows: -1, Patience: -1})
	for _, fault := range []string{"Addrs is empty", "Lake is not given", "RotateRows is below zero", "Patience is below zero"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("error %v, want %q in it", err, fault)
		}
	}
	if err := Run(t.Context(), Config{}); err == nil {
		t.Error("Run takes an empty configuration")
	}
}

func TestEveryKindLands(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
		b.produce(
			broker.Message{Kind: record.KindUser, Key: "u1", Value: []byte(`{"user_id":"u1","name":"Ada"}`), At: at},
			broker.Message{Kind: record.KindCompany, Key: "c1", Value: []byte(`{"company_id":6,"name":"Tidepool"}`), At: at},
			broker.Message{Kind: record.KindEvent, Key: "u1", Value: []byte(`{"event_name":"signed_up","user_id":"u1","created_at":1772000000}`), At: at},
			broker.Message{Kind: record.KindConversation, Key: "k1", Value: []byte(`{"type":"conversation","id":"k1","created_at":1772000000}`), At: at},
			broker.Message{Kind: record.KindTag, Key: "u1", Value: []byte(`{"tag":"vip","user_id":"u1","at":1772000000}`), At: at},
			broker.Message{Kind: record.KindEnrichment, Key: "u1", Value: []byte(`{"source":"clearbit","user_id":"u1","attributes":{"size":50}}`), At: at},
			broker.Message{Kind: record.KindDelivery, Key: "p1", Value: []byte(`{"decision_id":"d1","message":"hello","person_id":"u:u1","entry":"once","channel":"email","decision":"sent","decided_at":"2026-02-03T04:05:06Z"}`), At: at},
			broker.Message{Kind: record.KindMerge, Key: "u1", Value: []byte(`{"into":{"user_id":"u1"},"from":{"email":"ada@x"},"at":1772000000}`), At: at},
		)
		summary := b.once(b.config())
		want := Summary{Rows: map[record.Kind]int64{}, Files: 8}
		for _, kind := range record.Kinds() {
			want.Rows[kind] = 1
		}
		if diff := gocmp.Diff(want, summary); diff != "" {
			b.Errorf("summary (-want +got): %s", diff)
		}
		b.verify()
		users := rowsOf[record.User](b, "users")
		if len(users) != 1 || users[0].UserID != "u1" || users[0].Name != "Ada" || !users[0].KafkaAt.Equal(at) || !users[0].EffectiveAt.Equal(at) {
			b.Errorf("users %+v", users)
		}
		files, err := b.lake.Files("events")
		if err != nil || len(files) != 1 {
			b.Fatal(files, err)
		}
		if !strings.HasPrefix(files[0].Path, "landed/events/v=1/dt=2026-03-04/"+b.prefix+"events-0-") {
			b.Errorf("path %s", files[0].Path)
		}
		if !files[0].MinEventAt.Equal(time.Unix(1772000000, 0)) || !files[0].MaxEventAt.Equal(files[0].MinEventAt) {
			b.Errorf("events from %v to %v", files[0].MinEventAt, files[0].MaxEventAt)
		}
		if again := b.once(b.config()); again.Files != 0 || len(again.Rows) != 0 {
			b.Errorf("landed again: %+v", again)
		}
	})
}

func TestBadRecordsStopNothing(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		b.produce(events(0, 20)...)
		client := b.client()
		topic := b.prefix + "events"
		good := `{"id":"e20","event_name":"page_view","user_id":"u1","created_at":1}`
		for _, r := range []*kgo.Record{
			{Topic: topic, Key: []byte("k\xff"), Value: []byte("{\xff}"), Headers: []kgo.RecordHeader{{Key: "source", Value: []byte{0, 255}}, {Key: "none"}}},
			{Topic: topic, Value: []byte(`{"event_name":`)},
			{Topic: topic, Key: []byte("k"), Value: []byte{}},
			{Topic: topic, Value: []byte(`[]`)},
			{Topic: topic, Value: []byte(good + good)},
			{Topic: topic, Value: nil},
			{Topic: topic, Key: []byte("\xff"), Value: nil},
			{Topic: topic, Key: []byte("e3"), Value: nil},
			{Topic: topic, Value: []byte(good)},
		} {
			if err := client.ProduceSync(b.Context(), r).FirstErr(); err != nil {
				b.Fatal(err)
			}
		}
		summary := b.once(b.config())
		if summary.Rows[record.KindEvent] != 21 || summary.Dead != 7 || summary.Tombstones != 1 || summary.Skipped != 0 {
			b.Errorf("summary %+v", summary)
		}
		b.verify()
		b.hasEvents(21)
		dead := rowsOf[record.DeadLetter](b, "dead_letters")
		if len(dead) != 7 {
			b.Fatalf("%d dead letters, want 7", len(dead))
		}
		first := dead[0]
		if first.Topic != topic || string(first.Key) != "k\xff" || string(first.Value) != "{\xff}" || first.Class != string(record.BadEncoding) || first.Reason == "" || first.Decoder != record.DecoderVersion {
			b.Errorf("dead letter %+v", first)
		}
		var headers []header
		if err := json.Unmarshal([]byte(first.Headers), &headers); err != nil || len(headers) != 2 || headers[0].Key != "source" || string(headers[0].Value) != "\x00\xff" || headers[1].Key != "none" {
			b.Errorf("headers %s, %v", first.Headers, err)
		}
		for i, class := range []record.Class{record.BadEncoding, record.BadJSON, record.BadJSON, record.BadJSON, record.BadJSON, record.BadKey, record.BadKey} {
			if dead[i].Class != string(class) {
				b.Errorf("dead letter %d is %s (%s), want %s", i, dead[i].Class, dead[i].Reason, class)
			}
		}
		if dead[2].Value == nil || dead[5].Value != nil {
			b.Error("an empty value and none at all are not told apart")
		}
		if tombstones := rowsOf[record.Tombstone](b, "tombstones"); len(tombstones) != 1 || tombstones[0].Kind != record.KindEvent || tombstones[0].Key != "e3" {
			b.Errorf("tombstones %+v", tombstones)
		}
	})
}

func TestFilesEndByRows(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		client := b.client()
		var records []*kgo.Record
		for _, m := range events(0, 10_500) {
			records = append(records, &kgo.Record{Topic: b.prefix + "events", Key: []byte(m.Key), Value: m.Value, Partition: 1})
		}
		if err := client.ProduceSync(b.Context(), records...).FirstErr(); err != nil {
			b.Fatal(err)
		}
		config := b.config()
		config.RotateRows = 1000
		var told []Progress
		config.Progress = func(p Progress) { told = append(told, p) }
		summary := b.once(config)
		if summary.Files != 11 || summary.Rows[record.KindEvent] != 10_500 {
			b.Errorf("summary %+v, want 10 files of 1000 rows and one of 500", summary)
		}
		for i, entry := range b.verify() {
			if entry.Start != int64(i)*1000 {
				b.Errorf("entry %d begins at %d", i, entry.Start)
			}
		}
		b.hasEvents(10_500)
		last := told[len(told)-1]
		if last.Records != 10_500 || last.Total != 10_500 || last.Files != 11 || last.Bytes == 0 || last.Lag != 0 || last.Elapsed <= 0 || last.PerSecond <= 0 {
			b.Errorf("progress ends with %+v", last)
		}
		if left, known := last.ETA(); left != 0 || !known {
			b.Errorf("%s are left, %t", left, known)
		}
	})
}

func TestFilesEndByBytes(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		messages := events(0, 6000)
		chance := rand.NewChaCha8([32]byte{7})
		text := make([]byte, 3000) // 4000 letters that hardly compress
		for i := range messages {
			_, _ = chance.Read(text) // never fails
			messages[i].Value = fmt.Appendf(nil, `{"id":"e%d","event_name":"page_view","user_id":"u1","created_at":1,"metadata":{"text":%q}}`, i, base64.StdEncoding.EncodeToString(text))
		}
		b.produce(messages...)
		config := b.config()
		config.RotateBytes = 1 << 20 // one answer of Kafka's fills a file, and of those there are 6
		if summary := b.once(config); summary.Files < 6 {
			b.Errorf("%d files for 24 MB", summary.Files)
		}
		b.verify()
		b.hasEvents(6000)
	})
}

// landBeside lands all that there is by three that know nothing of each other,
// each with a lake from open, and gives the rows that they say they have landed.
func (b *bench) landBeside(open func() *lake.Lake) (landed int64) {
	b.Helper()
	var group sync.WaitGroup
	var mutex sync.Mutex
	for i := range 3 {
		config := b.config()
		config.Lake, config.RotateRows = open(), 200+77*i
		group.Go(func() {
			summary, err := Once(b.Context(), config)
			if err != nil {
				b.Error(err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			landed += summary.Rows[record.KindEvent]
		})
	}
	group.Wait()
	return landed
}

func TestLanderOfTheSamePartitions(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		b.produce(events(0, 20_000)...)
		if landed := b.landBeside(func() *lake.Lake { return b.lake }); landed != 20_000 {
			b.Errorf("the summaries say %d rows", landed)
		}
		b.verify()
		b.hasEvents(20_000)
	})
}

func TestMissingTopics(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	config := b.config()
	config.TopicPrefix = "other."
	var missing *MissingTopicsError
	if _, err := Once(t.Context(), config); !errors.As(err, &missing) || len(missing.Topics) != 8 || !strings.Contains(err.Error(), "other.users") || !strings.Contains(err.Error(), "kafka.topic_prefix") {
		t.Errorf("error %v", err)
	}
	if err := Run(t.Context(), config); !errors.As(err, &missing) {
		t.Errorf("Run: %v", err)
	}
}

func TestStrangeTopicIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	log := &logged{}
	config := b.config()
	config.Logger = log.logger()
	b.createTopic("evnts")
	b.once(config)
	want := fmt.Sprintf(`topic %sevnts is none of Parley's and does not land; did you mean "%sevents"?`, b.prefix, b.prefix)
	if !log.has(want) {
		t.Errorf("warnings %v, want %q", log.lines, want)
	}
}

func TestFaultOfTheLake(t *testing.T) {
	t.Parallel()
	b := setup(t, broker.Config{Dir: t.TempDir()})
	b.produce(events(0, 100)...)
	// The log cannot be written: its folder's name is a file's.
	if err := os.MkdirAll(b.lake.Root(), 0o755); err != nil {
		t.Fatal(err)
	}
	obstacle := b.lake.Path("landed")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Once(t.Context(), b.config()); err == nil || !strings.Contains(err.Error(), "landed/events") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	b.once(b.config())
	b.verify()
	b.hasEvents(100)
	if left := b.leftovers(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
