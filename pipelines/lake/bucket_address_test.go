package lake

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestBucketAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ address, work, fault string }{
		{"s3://bucket/lake?region=eu-west-1", "", "needs a local folder"},
		{"s3://key:secret@bucket/lake?region=eu-west-1", "w", "no place for credentials"},
		{"s3://key:secret@bucket:no/lake", "w", "write s3://bucket/prefix"},
		{"s3://key:secret/of@bucket/lake", "w", "write s3://bucket/prefix"},
		{"s3:///lake?region=eu-west-1", "w", "names no bucket"},
		{"s3://bucket/lake?endpoint=http%3A%2F%2Flocalhost&regoin=eu-west-1", "w", `regoin=eu-west-1: unknown parameter "regoin"; did you mean "region"?`},
		{"s3://bucket/lake?x-id=1", "w", `unknown parameter "x-id"; there are accelerate, anonymous, `},
		{"s3://bucket/lake?use_path_style=yes", "w", `use_path_style is "yes"; write one of true, false`},
		{"s3://bucket/lake?region=%zz", "w", "write name=value"},
		{"gs://bucket/lake", "w", "gs is not supported"},
	} {
		_, err := Open(test.address, WithWork(test.work))
		if err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(strings.ReplaceAll(err.Error(), test.address, ""), "_checksum_validation=") || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q): %v, want %q in it", test.address, err, test.fault)
		}
	}
	l, err := Open("s3://bucket/some/lake/?region=eu-west-1", WithWork("w"))
	if err != nil {
		t.Fatal(err)
	}
	work, err := filepath.Abs("w")
	if err != nil {
		t.Fatal(err)
	}
	if l.Root() != work || l.store.(*bucket).place != "s3://bucket/some/lake/" {
		t.Errorf("root %s, place %s", l.Root(), l.store.(*bucket).place)
	}
}

// withoutCredentials lets none be found in the environment or in files.
func withoutCredentials(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_V1_DISABLED",
	} {
		t.Setenv(name, "")
	}
	empty := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", empty)
	t.Setenv("AWS_CONFIG_FILE", empty)
}

func TestNoCredentials(t *testing.T) {
	withoutCredentials(t)
	var asked atomic.Int32
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method == http.MethodPut { // for a token, without which the client warns
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer machine.Close()
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.URL)
	said, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	terminal := os.Stderr
	os.Stderr = said
	defer func() { os.Stderr = terminal }()
	for _, test := range []struct {
		address, disabled string
		asks              bool
	}{
		{"s3://bucket/lake?region=eu-west-1", "", true},
		{"s3://bucket/lake?region=eu-west-1&endpoint=" + url.QueryEscape("https://s3.eu-west-1.amazonaws.com"), "", true},
		{"s3://bucket/lake?region=eu-west-1&endpoint=" + url.QueryEscape("http://127.0.0.1:1"), "", false},
		{"s3://bucket/lake?region=eu-west-1&endpoint=" + url.QueryEscape("http://127.0.0.1:1"), "false", true},
		{"s3://bucket/lake?region=eu-west-1", "true", false},
	} {
		t.Setenv("AWS_EC2_METADATA_DISABLED", test.disabled)
		asked.Store(0)
		err := openAt(t, test.address).Check()
		if err == nil || !strings.Contains(err.Error(), "no credentials for the object store are found; set AWS_ACCESS_KEY_ID") {
			t.Errorf("%s: %v", test.address, err)
		}
		if asks := asked.Load() > 0; asks != test.asks {
			t.Errorf("%s: the machine was asked: %v, want %v", test.address, asks, test.asks)
		}
	}
	if text, err := os.ReadFile(said.Name()); err != nil || len(text) > 0 {
		t.Errorf("written to the terminal: %s%v", text, err)
	}
}
