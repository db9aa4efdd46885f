// Package spark is the other engine behind the models: Apache Spark, spoken to
// by Spark Connect, over the same Parquet files. What runs there reads and
// writes files by their paths, so Spark must see the same folders under the
// same names: on the same machine, or on a mount that both have. It is the only
// package that knows the client; it does not know what any model means.
package spark

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/apache/spark-connect-go/v35/spark/sql"

	"parley/sql/dialect"
)

// DefaultPort is the port of an address that names none.
const DefaultPort = "15002"

// OldestVersion is the version below which Spark lacks what the macros are made
// of (before 4.0), or reads texts of settled files wrongly (4.0.0: SPARK-52240).
const OldestVersion = "4.0.1"

// CheckAddress says what is wrong with an address as sc://host:15002.
func CheckAddress(address string) error {
	_, err := target(address)
	return err
}

// target is the host:port that an address names.
func target(address string) (string, error) {
	const form = "write sc://host:15002"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "sc" || u.Hostname() == "":
		return "", fmt.Errorf("%q is no address of Spark Connect; %s", address, form)
	case u.User != nil:
		return "", fmt.Errorf("an address of Spark Connect takes no credentials; %s", form)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%q says more than host and port, which is not understood; %s", address, form)
	}
	port := u.Port()
	if port == "" {
		port = DefaultPort
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// Spark is a session of a Spark cluster: what is named in it, only it sees. Its
// methods may be called from many goroutines at once.
type Spark struct {
	address string
	session sql.SparkSession
	channel *channel
}

// settings are what a session must be for the models to mean the same as on DuckDB.
var settings = map[string]string{
	"spark.sql.session.timeZone": "UTC",
	"spark.sql.timestampType":    "TIMESTAMP_LTZ",
	// Overflow and casts that fail are errors, and "name" is a name, not a text.
	"spark.sql.ansi.enabled":                 "true",
	"spark.sql.ansi.doubleQuotedIdentifiers": "true",
	// Texts are texts: ${x} in one stands for itself, and a backslash escapes.
	"spark.sql.variable.substitute":          "false",
	"spark.sql.parser.escapedStringLiterals": "false",
	// Files as DuckDB writes them: instants as microseconds adjusted to UTC, dates by the calendar of today.
	"spark.sql.parquet.outputTimestampType":       "TIMESTAMP_MICROS",
	"spark.sql.parquet.compression.codec":         "zstd",
	"spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
	"spark.sql.parquet.datetimeRebaseModeInRead":  "CORRECTED",
}

// Open opens a session at an address as sc://host:15002, with the dialect's
// macros. The error says so when nothing answers there.
func Open(ctx context.Context, address string) (*Spark, error) {
	to, err := target(address)
	if err != nil {
		return nil, err
	}
	s := &Spark{address: address, channel: &channel{target: to}}
	s.session, err = sql.NewSessionBuilder().WithChannelBuilder(s.channel).Build(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to Spark at %s: %w", address, err)
	}
	if err := s.configure(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Spark) configure(ctx context.Context) error {
	version, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if !atLeast(version, OldestVersion) {
		return fmt.Errorf("Spark at %s is version %s; %s or later is needed", s.address, version, OldestVersion)
	}
	for key, value := range settings {
		if err := s.session.Config().Set(ctx, key, value); err != nil {
			return fmt.Errorf("set %s of Spark at %s: %w", key, s.address, s.fault(ctx, "", err))
		}
	}
	for statement := range strings.SplitSeq(dialect.Spark, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := s.exec(ctx, statement); err != nil {
			return fmt.Errorf("load the dialect's macros into Spark at %s: %w", s.address, err)
		}
	}
	return nil
}

// Version is the version of the Spark that answers, as "4.0.0".
func (s *Spark) Version(ctx context.Context) (string, error) {
	t, err := s.Query(ctx, "select version()")
	if err != nil {
		return "", err
	}
	text, _ := t.Rows[0][0].(string)
	version, _, _ := strings.Cut(text, " ") // a hash of its source follows
	return version, nil
}

// atLeast compares versions by their numbers: "10.1" is above "4.0".
func atLeast(version, least string) bool {
	numbers := func(text string) []int {
		var found []int
		for part := range strings.SplitSeq(text, ".") {
			n := 0
			for _, digit := range part {
				if digit < '0' || digit > '9' {
					break
				}
				n = n*10 + int(digit-'0')
			}
			found = append(found, n)
		}
		return found
	}
	return slices.Compare(numbers(version), numbers(least)) >= 0
}

// Close ends the session: what runs in it stops, and what was named is gone.
func (s *Spark) Close() error { return s.channel.close() }
