package workspace

import (
	"context"
	"fmt"
	"time"

	"parley/pipelines/yamlfile"
	"parley/sql/warehouse"
)

// CheckZone says what is wrong with the name of a time zone, and which one is
// likely meant; nil: it is one.
func CheckZone(name string) error {
	if _, err := loadZone(name); err == nil {
		return nil
	}
	return fmt.Errorf("unknown time zone %q; write an IANA name such as Europe/Dublin%s", name, yamlfile.DidYouMean(name, zoneNames()))
}

func loadZone(name string) (*time.Location, error) {
	// Go takes "" and "Local" for zones; on another machine they would be others.
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	return time.LoadLocation(name)
}

// zoneNames are all that the engine knows; Go knows them only one by one. None
// where the engine cannot be asked: then nothing is suggested.
func zoneNames() (names []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	engine, err := warehouse.Open(ctx, warehouse.Config{MemoryLimit: "64MB", Threads: 1})
	if err != nil {
		return nil
	}
	defer engine.Close()
	answer, err := engine.Query(ctx, "select name from pg_timezone_names() order by name")
	if err != nil {
		return nil
	}
	for _, row := range answer.Rows {
		if name, ok := row[0].(string); ok {
			names = append(names, name)
		}
	}
	return names
}
