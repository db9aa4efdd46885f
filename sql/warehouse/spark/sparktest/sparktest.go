// Package sparktest opens sessions with the Apache Spark that tests are given.
// It is for tests only.
package sparktest

import (
	"os"
	"testing"

	"parley/sql/warehouse/spark"
)

// Address is where that Spark answers, as sc://host:port. A test that was given
// none is skipped, and fails in CI.
func Address(t testing.TB) string {
	t.Helper()
	address := os.Getenv("PARLEY_TEST_SPARK")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("PARLEY_TEST_SPARK names no Apache Spark")
		}
		t.Skip(`needs an Apache Spark: PARLEY_TEST_SPARK="$(testdata/spark/start)"`)
	}
	return address
}

// Open opens a session, which ends with the test.
func Open(t testing.TB) *spark.Spark {
	t.Helper()
	session, err := spark.Open(t.Context(), Address(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}
