package deadletter

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"parley/pipelines/broker"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
	"parley/pipelines/record"
)

const prefix = "test."

var (
	june = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	july = june.AddDate(0, 1, 0)
)

// bench is a lake and the broker inside the process.
type bench struct {
	*testing.T
	lake   *lake.Lake
	broker *broker.Broker
	now    time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	l, err := lake.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := broker.Open(t.Context(), broker.Config{Dir: t.TempDir(), TopicPrefix: prefix, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if _, err := b.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, lake: l, broker: b, now: july}
}

// land produces the messages and lands them.
func (b *bench) land(messages ...broker.Message) {
	b.Helper()
	if err := b.broker.Produce(b.Context(), messages); err != nil {
		b.Fatal(err)
	}
	_, err := landing.Once(b.Context(), landing.Config{Addrs: b.broker.Addrs(), TopicPrefix: prefix, Lake: b.lake, Now: func() time.Time { return b.now }})
	if err != nil {
		b.Fatal(err)
	}
}

// olderPartition is one of the users' topic that Kafka no longer has.
const olderPartition = 9

// refuse puts dead letters into the lake as a former decoder would have.
func (b *bench) refuse(at time.Time, letters ...record.DeadLetter) {
	b.Helper()
	topic := record.KindUser.Topic(prefix)
	tail, _, err := b.lake.Tail(topic, olderPartition)
	if err != nil {
		b.Fatal(err)
	}
	upload, err := b.lake.Create(lake.DeadLetters, 1, at, topic, 0, olderPartition)
	if err != nil {
		b.Fatal(err)
	}
	writer := parquet.NewGenericWriter[record.DeadLetter](upload)
	for i := range letters {
		letters[i].KafkaOffset, letters[i].KafkaAt, letters[i].Topic = tail.End+int64(i), june, topic
	}
	if _, err := writer.Write(letters); err != nil {
		b.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		b.Fatal(err)
	}
	end := tail.End + int64(len(letters))
	file, err := upload.Publish(tail.End, end)
	if err != nil {
		b.Fatal(err)
	}
	file.Rows = int64(len(letters))
	err = b.lake.Append(lake.Entry{Topic: topic, Partition: olderPartition, Start: tail.End, End: end, Dead: file.Rows, Files: []lake.File{file}, At: at, Schema: 1})
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) replay(change func(*ReplayConfig)) []Replayed {
	b.Helper()
	config := ReplayConfig{Lake: b.lake, TopicPrefix: prefix, Produce: b.broker.Produce, Now: func() time.Time { return b.now }}
	if change != nil {
		change(&config)
	}
	replayed, err := Replay(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	return replayed
}

func (b *bench) letters(filter Filter) []Letter {
	b.Helper()
	letters, _, err := Newest(b.Context(), b.lake, filter, false, 0)
	if err != nil {
		b.Fatal(err)
	}
	return letters
}

func (b *bench) users() []record.User {
	b.Helper()
	files, err := b.lake.Files(string(record.KindUser))
	if err != nil {
		b.Fatal(err)
	}
	var users []record.User
	for _, file := range files {
		path, err := b.lake.Local(b.Context(), file.Path)
		if err != nil {
			b.Fatal(err)
		}
		rows, err := parquet.ReadFile[record.User](path)
		if err != nil {
			b.Fatal(err)
		}
		users = append(users, rows...)
	}
	return users
}

func TestALetterIsTheRecordAsItCame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	headers := []broker.Header{{Key: "trace", Value: []byte{0, 0xff}}, {Key: "trace", Value: []byte("again")}}
	b.land(
		broker.Message{Kind: record.KindUser, Key: "\xff\x00key", Value: []byte("\xffno \x00 text"), At: june, Headers: headers},
		broker.Message{Kind: record.KindUser, Key: "empty", Value: []byte{}, At: june},
		broker.Message{Kind: record.KindEvent, Value: []byte(`{"event_name": "x"`), At: june},
		broker.Message{Kind: record.KindTag, Key: "\xff", At: june},
	)
	var got []Letter
	for _, letter := range b.letters(Filter{}) {
		if letter.Reason == "" || letter.Decoder != record.DecoderVersion {
			t.Errorf("%s: reason %q by decoder %d", letter, letter.Reason, letter.Decoder)
		}
		letter.Reason, letter.Decoder = "", 0
		got = append(got, letter)
	}
	want := []Letter{
		{Place: Place{Topic: "test.events"}, Value: []byte(`{"event_name": "x"`), Class: record.BadJSON},
		{Place: Place{Topic: "test.tags"}, Key: []byte("\xff"), Class: record.BadKey},
		{Place: Place{Topic: "test.users"}, Key: []byte("\xff\x00key"), Value: []byte("\xffno \x00 text"), Headers: headers, Class: record.BadEncoding},
		{Place: Place{Topic: "test.users", Offset: 1}, Key: []byte("empty"), Value: []byte{}, Class: record.BadJSON},
	}
	for i := range want {
		want[i].At, want[i].LandedAt = june, july
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuse(june, record.DeadLetter{Class: "field", Reason: "created_at: is text"}, record.DeadLetter{Class: "json", Reason: "is not JSON"})
	b.now = july
	b.land(broker.Message{Kind: record.KindEvent, Value: []byte("x")})
	users, events := record.KindUser.Topic(prefix), record.KindEvent.Topic(prefix)
	for _, test := range []struct {
		filter Filter
		want   []string
	}{
		{Filter{}, []string{users + "/9/0", users + "/9/1", events + "/0/0"}},
		{Filter{Topic: users}, []string{users + "/9/0", users + "/9/1"}},
		{Filter{Reason: "CREATED"}, []string{users + "/9/0"}},
		{Filter{Reason: "field"}, []string{users + "/9/0"}},
		{Filter{Topic: users, Reason: "json"}, []string{users + "/9/1"}},
		{Filter{Since: july}, []string{events + "/0/0"}},
		{Filter{Since: july.Add(1)}, nil},
		{Filter{Places: []Place{{Topic: users, Partition: 9, Offset: 1}, {Topic: users, Partition: 9, Offset: 7}}}, []string{users + "/9/1"}},
	} {
		var got []string
		for _, letter := range b.letters(test.filter) {
			got = append(got, letter.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v finds %v, want %v", test.filter, got, test.want)
		}
	}
	letters, found, err := Newest(t.Context(), b.lake, Filter{}, false, 1)
	if err != nil || found != 3 || len(letters) != 1 || letters[0].Topic != events {
		t.Errorf("the newest of %d is %v, %v", found, letters, err)
	}
	tallies, err := Tallies(t.Context(), b.lake, Filter{Topic: users}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tally{
		{Topic: users, Class: "field", Reason: "created_at: is text", Letters: 1, Last: Place{Topic: users, Partition: 9}, LastAt: june},
		{Topic: users, Class: "json", Reason: "is not JSON", Letters: 1, Last: Place{Topic: users, Partition: 9, Offset: 1}, LastAt: june},
	}
	if diff := cmp.Diff(want, tallies); diff != "" {
		t.Error(diff)
	}
}

func TestReplaySendsWhatCanBeReadNow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := record.DeadLetter{Key: []byte("k"), Value: []byte(`{"user_id": "1", "plan": "pro"}`), Headers: `[{"key":"h","value":"dg=="}]`, Class: "json", Reason: "an older decoder did not know it"}
	bad := record.DeadLetter{Value: []byte("{"), Class: "json", Reason: "is not JSON"}
	b.refuse(june, good, bad)
	topic := record.KindUser.Topic(prefix)

	if got := b.replay(func(c *ReplayConfig) { c.Produce = nil }); len(got) != 2 || got[0].Outcome != Sendable {
		t.Errorf("would do %v", got)
	}
	got := b.replay(nil)
	if len(got) != 2 || got[0] != (Replayed{Topic: topic, Outcome: Sent, Letters: 1}) || got[1].Outcome != Unreadable || got[1].Letters != 1 || got[1].Reason == "" {
		t.Errorf("did %v", got)
	}
	// Once replayed it is left out, unless it is asked for.
	if got := b.replay(nil); len(got) != 2 || got[1] != (Replayed{Topic: topic, Outcome: ReplayedBefore, Letters: 1}) {
		t.Errorf("again: did %v", got)
	}
	b.replay(func(c *ReplayConfig) { c.Again, c.Filter.Places = true, []Place{{Topic: topic, Partition: 9}} })
	b.land()
	users := b.users()
	if len(users) != 2 {
		t.Fatalf("%d users landed, want 2", len(users))
	}
	for _, user := range users {
		if user.UserID != "1" || !user.KafkaAt.Equal(june) || user.RecordID == "" || user.RecordID != users[0].RecordID {
			t.Errorf("landed %s at %s as %s", user.UserID, user.KafkaAt, user.RecordID)
		}
	}
	letters := b.letters(Filter{})
	if len(letters) != 2 || !letters[0].ReplayedAt.Equal(july) || !letters[1].ReplayedAt.IsZero() {
		t.Errorf("dead letters are %+v", letters)
	}
	open, found, err := Newest(t.Context(), b.lake, Filter{}, true, 0)
	if err != nil || found != 1 || len(open) != 1 || open[0].Offset != 1 {
		t.Errorf("not replayed are %+v of %d, %v", open, found, err)
	}
	for stillOpen, want := range map[bool]int{false: 2, true: 1} {
		if tallies, err := Tallies(t.Context(), b.lake, Filter{}, stillOpen); err != nil || len(tallies) != want {
			t.Errorf("counted with open %v: %+v, %v", stillOpen, tallies, err)
		}
	}

	// With all, what cannot be read goes too, as it is, and is refused again.
	b.replay(func(c *ReplayConfig) { c.All = true })
	b.land()
	letters = b.letters(Filter{})
	if last := letters[len(letters)-1]; len(letters) != 3 || string(last.Value) != "{" || !last.At.Equal(june) {
		t.Errorf("dead letters are %+v", letters)
	}
}

func TestReplayOfAPlaceWithoutALetterSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuse(june, record.DeadLetter{Value: []byte(`{"user_id": "1"}`)})
	place := Place{Topic: record.KindUser.Topic(prefix), Partition: 9}
	_, err := Replay(t.Context(), ReplayConfig{
		Lake: b.lake, TopicPrefix: prefix, Now: time.Now, Filter: Filter{Places: []Place{place, {Topic: "x", Offset: 4}}},
		Produce: func(context.Context, []broker.Message) error { t.Error("something was sent"); return nil },
	})
	if err == nil || !strings.Contains(err.Error(), "no dead letter at x/0/4; `parley dead-letters list`") {
		t.Errorf("error is %v", err)
	}
}

func TestWhatWasSentAndNotNotedIsSentAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuse(june, record.DeadLetter{Value: []byte(`{"user_id": "1"}`)})
	_, err := Replay(t.Context(), ReplayConfig{
		Lake: b.lake, TopicPrefix: prefix, Now: time.Now,
		Produce: func(ctx context.Context, messages []broker.Message) error {
			// From now on no note can be written: as if the process had been killed between the two.
			return errors.Join(b.broker.Produce(ctx, messages), os.WriteFile(b.lake.Path("replays"), nil, 0o600))
		},
	})
	if err == nil || !strings.Contains(err.Error(), "sends them again, which counts once") {
		t.Fatalf("error is %v", err)
	}
	if err := os.Remove(b.lake.Path("replays")); err != nil {
		t.Fatal(err)
	}
	if got := b.replay(nil); len(got) != 1 || got[0].Outcome != Sent {
		t.Errorf("did %v", got)
	}
	b.land()
	if users := b.users(); len(users) != 2 || users[0].RecordID != users[1].RecordID {
		t.Errorf("landed %+v, want the same twice", users)
	}
}

func TestARecordThatIsTooLargeStopsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuse(june, record.DeadLetter{Key: []byte("long"), Value: []byte(`{"user_id": "long"}`)}, record.DeadLetter{Value: []byte(`{"user_id": "1"}`)})
	refusal := &broker.TooLargeError{Kind: record.KindUser, Key: "long", Bytes: len(`{"user_id": "long"}`)}
	got := b.replay(func(c *ReplayConfig) {
		c.Produce = func(context.Context, []broker.Message) error { return errors.Join(nil, errors.Join(refusal)) }
	})
	topic := record.KindUser.Topic(prefix)
	if diff := cmp.Diff([]Replayed{{Topic: topic, Outcome: Sent, Letters: 1}, {Topic: topic, Outcome: TooLarge, Letters: 1}}, got); diff != "" {
		t.Error(diff)
	}
	if letters := b.letters(Filter{}); !letters[0].ReplayedAt.IsZero() || letters[1].ReplayedAt.IsZero() {
		t.Errorf("noted as replayed: %+v", letters)
	}
	// Another fault beside it is a fault.
	_, err := Replay(t.Context(), ReplayConfig{Lake: b.lake, TopicPrefix: prefix, Now: time.Now, Produce: func(context.Context, []broker.Message) error {
		return errors.Join(refusal, errors.New("gone"))
	}})
	if err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error is %v", err)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	place, err := ParsePlace("my.topic-1/3/44")
	if err != nil || place != (Place{Topic: "my.topic-1", Partition: 3, Offset: 44}) || place.String() != "my.topic-1/3/44" {
		t.Errorf("read %+v, %v", place, err)
	}
	for _, text := range []string{"", "users", "users/1", "/1/2", "users/x/2", "users/1/-2", "users/1/2/3"} {
		if _, err := ParsePlace(text); err == nil || !strings.Contains(err.Error(), "write TOPIC/PARTITION/OFFSET") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
