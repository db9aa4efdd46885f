package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/internal/buckettest"
)

// onBucket is an empty lake in a real object store.
func onBucket(t *testing.T) *Lake {
	t.Helper()
	return openAt(t, buckettest.Address(t))
}

func openAt(t *testing.T, address string) *Lake {
	t.Helper()
	l, err := Open(address, WithWork(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// onEachStore runs the test on a lake in a folder and on one in an object store.
func onEachStore(t *testing.T, test func(t *testing.T, l *Lake)) {
	t.Helper()
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		test(t, setup(t))
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		test(t, onBucket(t))
	})
}

func TestCheck(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		if names, err := l.store.list("check"); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	})
}

func TestStore(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		names := []string{"a-b/1", "a/b/2", "a/b/3", "a/b-c/4", "a/b.c"}
		for _, name := range names {
			if err := l.store.putExclusive(name, []byte(name)); err != nil {
				t.Fatal(err)
			}
		}
		for folder, want := range map[string][]string{"a": {"b", "b-c", "b.c"}, "a/b": {"2", "3"}, "none": nil, "tmp": nil} {
			found, err := l.store.list(folder)
			if diff := cmp.Diff(want, found); err != nil || len(want)+len(found) > 0 && diff != "" {
				t.Errorf("list %s (-want +got): %s%v", folder, diff, err)
			}
		}
		walked := map[string]int64{}
		err := l.store.walk(t.Context(), "a", func(file stored) error {
			walked[file.name] = file.bytes
			if file.changed.IsZero() {
				t.Errorf("%s was never changed", file.name)
			}
			return nil
		})
		if diff := cmp.Diff(map[string]int64{"a/b/2": 5, "a/b/3": 5, "a/b-c/4": 7, "a/b.c": 5}, walked); err != nil || diff != "" {
			t.Errorf("walk (-want +got): %s%v", diff, err)
		}
		stop := errors.New("enough")
		if err := l.store.walk(t.Context(), "a", func(stored) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a walk that is stopped: %v", err)
		}
		if err := l.store.walk(t.Context(), "none", func(stored) error { return stop }); err != nil {
			t.Errorf("a walk of no folder: %v", err)
		}
		content, err := l.store.read("a/b/2")
		if err != nil || string(content) != "a/b/2" {
			t.Errorf("read %q, %v", content, err)
		}
		if file, err := l.store.stat("a/b/2"); err != nil || file.name != "a/b/2" || file.bytes != 5 {
			t.Errorf("stat %+v, %v", file, err)
		}
		if err := l.store.remove("a/b/2", "a/b/none", "none/none"); err != nil {
			t.Fatal(err)
		}
		_, read := l.store.read("a/b/2")
		_, looked := l.store.stat("a/b/2")
		_, copied := l.store.local(t.Context(), "a/b/2")
		_, opened := l.store.open(t.Context(), "a/b/2")
		for _, err := range []error{read, looked, copied, opened} {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what was removed: %v", err)
			}
		}
		file, err := l.store.open(t.Context(), "a/b/3")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if content, err := io.ReadAll(file); err != nil || string(content) != "a/b/3" {
			t.Errorf("opened %q, %v", content, err)
		}
		if names, err := l.store.list("tmp"); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	})
}

func TestWholeLifeOfALog(t *testing.T) {
	onEachStore(t, func(t *testing.T, l *Lake) {
		var entries []Entry
		for i := range int64(7) {
			entry := landedEntry(t, l, usersLog, 5*i)
			if err := l.Append(entry); err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry)
		}
		orphan := publish(t, l, "users", usersLog, 0, 5, 0) // of a writer that was fenced
		if _, err := l.Checkpoint(t.Context(), CheckpointConfig{Keep: 1, Size: 2}); err != nil {
			t.Fatal(err)
		}
		looksLike(t, l, 2, 3, 0)
		holdsEntries(t, l, entries)
		v, faults := verified(t, l)
		if len(faults) != 0 || v.Entries != 7 || v.Files != 21 || v.Rows != 21 || v.Unlisted != 1 || v.Checkpoints != 2 {
			t.Errorf("verified %+v, %v", v, faults)
		}
		done, err := l.Collect(t.Context(), CollectConfig{Now: time.Now().Add(48 * time.Hour)})
		if err != nil || done.Landed != 1 {
			t.Errorf("collected %+v, %v", done, err)
		}
		if _, err := l.store.stat(orphan.Path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an orphan stays: %v", err)
		}
		if err := l.store.remove(entries[2].Files[0].Path); err != nil {
			t.Fatal(err)
		}
		if _, faults := verified(t, l); len(faults) != 1 || !strings.Contains(faults[0], entries[2].Files[0].Path) {
			t.Errorf("a file that is lost: %v", faults)
		}
		sums, err := l.Summary(t.Context())
		if err != nil || len(sums) != 1 || sums[0].End != 35 || sums[0].Files != 21 {
			t.Errorf("summary %+v, %v", sums, err)
		}
	})
}

func TestListOfManyPages(t *testing.T) {
	t.Parallel()
	l := onBucket(t)
	l.store.(*bucket).pageSize = 7
	const n = 45
	var want, paths []string
	var group sync.WaitGroup
	for i := range n {
		want = append(want, entryName(int64(i)))
		paths = append(paths, "log/t/0/0/"+want[i])
	}
	for _, path := range paths {
		group.Go(func() {
			if err := l.store.putExclusive(path, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	names, err := l.store.list("log/t/0/0")
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("%d names, want %d; %v", len(names), n, err)
	}
	if err := l.store.remove(paths...); err != nil {
		t.Fatal(err)
	}
	if names, err := l.store.list("log/t/0/0"); err != nil || len(names) != 0 {
		t.Errorf("%d are left, %v", len(names), err)
	}
}

func TestLargeFileInTheBucket(t *testing.T) {
	t.Parallel()
	l := onBucket(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16) // more than goes in one part
	upload, err := l.Create("events", 1, day, "parley.events", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(content, 1<<20) {
		if _, err := upload.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	file, err := upload.Publish(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	path, err := l.Local(t.Context(), file.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) || file.Bytes != int64(len(content)) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
}

// throughProxy is the same lake, all of whose answers pass by change; an error
// of it breaks the connection.
func throughProxy(t *testing.T, address string, change func(*http.Response) error) *Lake {
	t.Helper()
	location, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := location.Query()
	if query.Get("endpoint") == "" {
		const advice = "the object store has no endpoint that a test can stand before: PARLEY_TEST_S3=$(testdata/s3/start)"
		if os.Getenv("CI") == "true" {
			t.Fatal(advice)
		}
		t.Skip(advice)
	}
	target, err := url.Parse(query.Get("endpoint"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host // and the Host that was signed
			r.Out.Host = r.In.Host
		},
		ModifyResponse: change,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the connection breaks
	})
	t.Cleanup(proxy.Close)
	query.Set("endpoint", proxy.URL)
	location.RawQuery = query.Encode()
	return openAt(t, location.String())
}

func TestAnswerOfAPutIsLost(t *testing.T) {
	t.Parallel()
	address := buckettest.Address(t)
	var lost atomic.Int32
	l := throughProxy(t, address, func(answer *http.Response) error {
		if answer.Request.Method == http.MethodPut && lost.Add(1)%2 == 1 {
			return errors.New("lost")
		}
		return nil
	})
	first := entryOf(0, 0, 5, land(t, l, 0, 5))
	if err := l.Append(first); err != nil {
		t.Fatalf("the entry that was put twice: %v", err)
	}
	if lost.Load() < 4 {
		t.Errorf("%d puts passed; the client did not put again", lost.Load())
	}
	if tail, found, err := l.Tail("parley.users", 2); err != nil || !found || !cmp.Equal(tail, first) {
		t.Errorf("tail %+v, %v, %v", tail, found, err)
	}
	if err := l.Append(first); !errors.Is(err, ErrFenced) {
		t.Errorf("another writer's put of the same: %v", err)
	}
}

func TestStoreThatIgnoresTheCondition(t *testing.T) {
	t.Parallel()
	l := throughProxy(t, buckettest.Address(t), func(answer *http.Response) error {
		if answer.StatusCode == http.StatusPreconditionFailed {
			answer.StatusCode, answer.ContentLength, answer.Body = http.StatusOK, 0, http.NoBody
			answer.Header.Set("Content-Length", "0")
		}
		return nil
	})
	if err := l.Check(); !errors.Is(err, ErrNotExclusive) || !strings.Contains(err.Error(), "s3://") {
		t.Errorf("error %v", err)
	}
}

func TestConflictingPutsAreTriedAgain(t *testing.T) {
	t.Parallel()
	var puts atomic.Int32
	l := throughProxy(t, buckettest.Address(t), func(answer *http.Response) error {
		if answer.Request.Method == http.MethodPut && puts.Add(1) <= 2 {
			const text = `<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>`
			answer.StatusCode, answer.ContentLength = http.StatusConflict, int64(len(text))
			answer.Body = io.NopCloser(strings.NewReader(text))
			answer.Header.Set("Content-Length", fmt.Sprint(len(text)))
		}
		return nil
	})
	if err := l.store.putExclusive("name", []byte("content")); err != nil || puts.Load() < 3 {
		t.Errorf("after %d puts: %v", puts.Load(), err)
	}
}

func TestFaultsOfTheBucket(t *testing.T) {
	t.Parallel()
	good := buckettest.Address(t)
	location, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	other := *location
	other.Host = "parley-none-" + strings.ToLower(filepath.Base(location.Path))
	nowhere := *location
	nowhere.RawQuery = "region=us-east-1&endpoint=" + url.QueryEscape(closed.URL)
	for name, test := range map[string]struct{ address, fault, advice string }{
		"no such bucket":    {other.String(), "NoSuchBucket", "create the bucket, or mend its name in lake.url"},
		"cannot be reached": {nowhere.String(), "is not reached", "look at the endpoint in lake.url"},
	} {
		err := openAt(t, test.address).Check()
		if err == nil || !strings.Contains(err.Error(), test.fault) || !strings.Contains(err.Error(), test.advice) || strings.Contains(err.Error(), "RequestID") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := openAt(t, other.String()).Entries(nil); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("a log without a bucket: %v", err)
	}
}

func TestWrongCredentials(t *testing.T) {
	address := buckettest.Address(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	err := openAt(t, address).Check()
	if err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") || !strings.Contains(err.Error(), "set AWS_ACCESS_KEY_ID") {
		t.Errorf("a wrong secret: %v", err)
	}
	withoutCredentials(t)
	if err := openAt(t, address).Check(); err == nil || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("no credentials: %v", err)
	}
}

func TestCallThatEnds(t *testing.T) {
	t.Parallel()
	l := onBucket(t)
	if err := l.store.putExclusive("a/b", nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.store.walk(ctx, "a", func(stored) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("walk: %v", err)
	}
	if _, err := l.Local(ctx, "a/b"); !errors.Is(err, context.Canceled) {
		t.Errorf("local: %v", err)
	}
}
