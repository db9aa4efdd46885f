package settle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parley/pipelines/lake"
	"parley/pipelines/record"
)

// The size of the demo company's lake; PARLEY_BENCH_SCALE multiplies it.
const (
	benchEvents        = 300_000
	benchConversations = 6_000
	benchUsers         = 3_000
	benchDays          = 540
	benchFileRows      = 75_000
)

func scale(b *testing.B) int {
	b.Helper()
	text := os.Getenv("PARLEY_BENCH_SCALE")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("PARLEY_BENCH_SCALE is %q; give a whole number above 0", text)
	}
	return n
}

// BenchmarkSettle settles 300,000 events of 540 days, 6,000 conversations of 8
// parts and 3,000 users with 8 attributes from nothing.
func BenchmarkSettle(b *testing.B) {
	l := newLander(b)
	rows := fill(l, scale(b))
	for b.Loop() {
		b.StopTimer()
		if err := os.RemoveAll(l.lake.Path(settledFolder)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		measured(b, l.lake, rows)
	}
}

// BenchmarkSettleMore settles, on top of that, 0.1 % more events: on the last
// three days and on five older ones.
func BenchmarkSettleMore(b *testing.B) {
	l := newLander(b)
	n := scale(b)
	fill(l, n)
	l.settle()
	random := rand.New(rand.NewPCG(3, 3))
	for b.Loop() {
		b.StopTimer()
		more := make([]record.Event, benchEvents*n/1000)
		for i := range more {
			at := benchEnd.Add(-time.Duration(random.IntN(3*24*3600)) * time.Second)
			if i%2 == 0 {
				at = at.AddDate(0, 0, -30*(1+random.IntN(5)))
			}
			more[i] = benchEvent(random, fmt.Sprint("more", random.Uint64()), at, n)
		}
		landRows(l, record.KindEvent, more)
		b.StartTimer()
		measured(b, l.lake, len(more))
	}
}

// measured settles once and reports rows a second and the most memory that Go held.
func measured(b *testing.B, l *lake.Lake, rows int) {
	b.Helper()
	debug.FreeOSMemory()
	stop, peak := make(chan bool), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			most = max(most, held())
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	start := time.Now()
	if _, err := Run(context.Background(), Config{Lake: l}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(rows)/time.Since(start).Seconds(), "rows/s")
	close(stop)
	b.ReportMetric(float64(<-peak)/(1<<20), "peak-MB")
}

// held is the memory that the Go runtime has from the system and not given back.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

var benchEnd = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func fill(l *lander, n int) (rows int) {
	l.t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	events := make([]record.Event, 0, benchFileRows)
	for i := range benchEvents * n {
		at := benchEnd.Add(-time.Duration(float64(benchDays*24*time.Hour) * (1 - float64(i)/float64(benchEvents*n))))
		events = append(events, benchEvent(random, fmt.Sprintf("event-%012d", i), at, n))
		if len(events) == benchFileRows {
			landRows(l, record.KindEvent, events)
			events = events[:0]
		}
	}
	if len(events) > 0 {
		landRows(l, record.KindEvent, events)
	}
	var conversations []record.Conversation
	for i := range benchConversations * n {
		conversations = append(conversations, benchConversation(l.t, random, i, n))
	}
	landRows(l, record.KindConversation, conversations)
	var users []record.User
	for i := range benchUsers * n {
		users = append(users, record.User{
			RecordID: fmt.Sprint(i), Keys: record.Keys{UserID: fmt.Sprint(i), Email: fmt.Sprintf("user%d@example.com", i)},
			EffectiveAt: benchEnd, Name: fmt.Sprint("User ", i), City: "Dublin", Country: "Ireland", Timezone: "Europe/Dublin",
			CreatedAt: benchEnd, SignedUpAt: benchEnd,
			CustomAttributes: fmt.Sprintf(`{"seats":%d,"plan":"team","role":"owner"}`, random.IntN(20)),
		})
	}
	landRows(l, record.KindUser, users)
	return (benchEvents + benchConversations + benchUsers) * n
}

func benchEvent(random *rand.Rand, id string, at time.Time, n int) record.Event {
	user := random.IntN(benchUsers * n)
	e := record.Event{EventID: id, EventName: []string{"page_view", "logged_in", "shift_created", "report_viewed"}[random.IntN(4)], OccurredAt: at}
	e.UserID, e.CompanyID = fmt.Sprint(user), fmt.Sprint("company", user/10)
	if e.EventName == record.PageView {
		e.AnonymousID = fmt.Sprint("cookie", user)
		e.URL = fmt.Sprintf("https://tidepool.example/pages/%d", random.IntN(500))
		e.Referrer, e.UTMSource, e.UTMMedium = "https://search.example/", "search", "cpc"
	} else {
		e.Metadata = fmt.Sprintf(`{"n":%d,"ok":true}`, random.IntN(1000))
	}
	return e
}

func benchConversation(t testing.TB, random *rand.Rand, i, n int) record.Conversation {
	t.Helper()
	at := benchEnd.Add(-time.Duration(random.IntN(benchDays*24)) * time.Hour)
	parts := make([]record.Part, 8)
	for k := range parts {
		parts[k] = record.Part{
			ID: fmt.Sprintf("%d-%d", i, k), Type: "comment", AuthorType: []string{"user", "admin"}[k%2], AuthorID: fmt.Sprint(random.IntN(50)),
			CreatedAt: at.Add(time.Duration(k) * time.Minute), UpdatedAt: at.Add(time.Duration(k) * time.Minute),
			Body: "<p>" + strings.Repeat("Some words of a message. ", 8) + "</p>",
		}
	}
	parts[0].Type, parts[0].Tags = record.SourceType, []string{"billing", "bug report"}
	text, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	c := record.Conversation{RecordID: fmt.Sprint(i), ConversationID: fmt.Sprintf("%012d", i), EffectiveAt: at.Add(time.Hour), CreatedAt: at,
		Channel: "conversation", State: "closed", Parts: string(text)}
	c.UserID = fmt.Sprint(random.IntN(benchUsers * n))
	return c
}

// landRows lands rows as one file of one entry.
func landRows[T any](l *lander, kind record.Kind, rows []T) {
	l.t.Helper()
	topic := kind.Topic("parley.")
	start := l.next[topic]
	l.next[topic] += int64(len(rows))
	entry := lake.Entry{Topic: topic, Start: start, End: l.next[topic], Rows: int64(len(rows)), Schema: 1}
	var content bytes.Buffer
	if err := parquet.Write(&content, rows, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup)); err != nil {
		l.t.Fatal(err)
	}
	entry.Files = []lake.File{l.publish(kind, entry, len(rows), content.Bytes())}
	l.append(entry)
}
