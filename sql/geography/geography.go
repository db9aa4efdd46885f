// Package geography says where an internet address is, by a file in MaxMind's
// format that the workspace supplies. It knows neither people nor builds.
package geography

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/parquet-go/parquet-go"
)

// Place is where an address is; what the file does not know is empty.
type Place struct {
	IP       string `parquet:"ip"`
	City     string `parquet:"city,optional,dict"`     // in English
	Country  string `parquet:"country,optional,dict"`  // in English
	Timezone string `parquet:"timezone,optional,dict"` // IANA
	// Database is the Database.Version that said so.
	Database string `parquet:"database,dict"`
}

// Database is an open file. It may be used from many goroutines at once.
type Database struct{ reader *maxminddb.Reader }

// HowToGet says what to do where there is no file.
const HowToGet = "get a City database in MaxMind's format, as GeoLite2-City.mmdb of maxmind.com (free with an account) or City Lite of db-ip.com, and name it by `geography: {file: …}` in parley.yaml"

// Open opens a database of cities or countries. The error names the file and
// says what to do.
func Open(path string) (*Database, error) {
	reader, err := maxminddb.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; %s", path, HowToGet)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: not a file in MaxMind's format: %w; %s", path, err, HowToGet)
	}
	if kind := reader.Metadata.DatabaseType; !strings.Contains(kind, "City") && !strings.Contains(kind, "Country") {
		return nil, errors.Join(fmt.Errorf("%s: is a database of type %q, not of cities or countries; %s", path, kind, HowToGet), reader.Close())
	}
	return &Database{reader}, nil
}

// Close ends it.
func (d *Database) Close() error { return d.reader.Close() }

// Version tells databases apart: type and time of making.
func (d *Database) Version() string {
	return d.reader.Metadata.DatabaseType + "/" + strconv.FormatUint(uint64(d.reader.Metadata.BuildEpoch), 10)
}

// Place looks an address up. An address that is none, is not known to the file,
// or is a private one, has an empty place.
func (d *Database) Place(ip string) (Place, error) {
	place := Place{IP: ip, Database: d.Version()}
	address, err := netip.ParseAddr(strings.TrimSpace(ip))
	if err != nil {
		return place, nil //nolint:nilerr // it is where nobody is
	}
	var found struct {
		City struct {
			Names map[string]string `maxminddb:"names"`
		} `maxminddb:"city"`
		Country struct {
			Names map[string]string `maxminddb:"names"`
		} `maxminddb:"country"`
		Location struct {
			TimeZone string `maxminddb:"time_zone"`
		} `maxminddb:"location"`
	}
	if err := d.reader.Lookup(address.Unmap().WithZone("")).Decode(&found); err != nil {
		return place, fmt.Errorf("look up %s: the file is damaged: %w", ip, err)
	}
	place.City, place.Country, place.Timezone = found.City.Names["en"], found.Country.Names["en"], found.Location.TimeZone
	return place, nil
}

// Write writes places as a Parquet file at path, which must not be there.
func Write(path string, places []Place) error {
	if err := parquet.WriteFile(path, places); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
