package geography

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const file = "../../testdata/geography/GeoIP2-City-Test.mmdb"

// The places are those that MaxMind documents for its test database.
func TestPlaces(t *testing.T) {
	t.Parallel()
	d, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for ip, want := range map[string][3]string{
		"81.2.69.142":          {"London", "United Kingdom", "Europe/London"},
		" 81.2.69.160 ":        {"London", "United Kingdom", "Europe/London"},
		"::ffff:81.2.69.142":   {"London", "United Kingdom", "Europe/London"},
		"2001:218::1%eth0":     {"", "Japan", "Asia/Tokyo"},
		"89.160.20.128":        {"Linköping", "Sweden", "Europe/Stockholm"},
		"127.0.0.1":            {},
		"10.0.0.1":             {},
		"unknown":              {},
		"":                     {},
		"81.2.69.142, 1.2.3.4": {},
	} {
		got, err := d.Place(ip)
		if err != nil || got.IP != ip || [3]string{got.City, got.Country, got.Timezone} != want || got.Database != d.Version() {
			t.Errorf("%q is in %+v, %v; want %v", ip, got, err, want)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.mmdb")
	if err := os.WriteFile(text, []byte("ip,city\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "none.mmdb"): "there is no such file", text: "not a file in MaxMind's format"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "GeoLite2-City.mmdb") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
