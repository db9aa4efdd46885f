// Package buckettest gives tests an empty place of their own in a real object
// store.
package buckettest

import (
	"crypto/rand"
	"net/url"
	"os"
	"sync"
	"testing"
)

// Address is the URL of a lake that nobody else uses, in the bucket that
// PARLEY_TEST_S3 names.
func Address(t testing.TB) string {
	t.Helper()
	text := os.Getenv("PARLEY_TEST_S3")
	if text == "" {
		const advice = "PARLEY_TEST_S3 is not set: run PARLEY_TEST_S3=$(testdata/s3/start) go test to test on an object store"
		if os.Getenv("CI") == "true" {
			t.Fatal(advice)
		}
		t.Skip(advice)
	}
	address, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	credentials()
	return address.JoinPath(rand.Text()).String()
}

// credentials are those of the server that testdata/s3/start starts, unless
// others are given.
var credentials = sync.OnceFunc(func() {
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" && os.Getenv("AWS_PROFILE") == "" {
		os.Setenv("AWS_ACCESS_KEY_ID", "parley")
		os.Setenv("AWS_SECRET_ACCESS_KEY", "parley-test")
	}
})
