package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/sql/geography"
	"parley/sql/settle"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// addressPlaces is the input that says where addresses are: each is looked up
// once, as long as the database is the same.
const addressPlaces = "address_places"

// placeAddresses makes the table of places, from those that the last build knew
// and the addresses in files that have come since. Without a database it is empty.
func (b *building) placeAddresses(ctx context.Context, engine *warehouse.DuckDB, manifest *settle.Manifest) (in transform.Input, err error) {
	if b.cfg.Settings.Geography == "" {
		return transform.Input{Content: "no database"}, engine.CreateSource(ctx, addressPlaces, nil)
	}
	database, err := geography.Open(b.cfg.Settings.Geography)
	if err != nil {
		return transform.Input{}, fmt.Errorf("geography: %w", err)
	}
	defer database.Close()
	path := placesPath(b.dir)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return transform.Input{}, err
	}
	known, fresh := b.formerPlaces(manifest)
	if known != "" {
		known = "select * from " + warehouse.FromFiles([]string{known}) + " where database = " + warehouse.Literal(database.Version())
		answer, err := engine.Query(ctx, "select count(*) from ("+known+")")
		if err != nil {
			return transform.Input{}, err
		}
		if answer.Rows[0][0] == int64(0) { // another database: all are looked up anew
			known, fresh = "", manifest.Tables
		}
	}
	looked, err := lookUp(ctx, engine, database, addressesIn(fresh, known))
	if err != nil {
		return transform.Input{}, err
	}
	scratch := filepath.Join(b.work, "places.parquet")
	if err := geography.Write(scratch, looked); err != nil {
		return transform.Input{}, err
	}
	all := "select * from " + warehouse.FromFiles([]string{scratch})
	if known != "" {
		all = known + " union all " + all
	}
	rows, err := engine.Write(ctx, all, path)
	if err != nil {
		return transform.Input{}, err
	}
	if err := os.Remove(scratch); err != nil {
		return transform.Input{}, err
	}
	return transform.Input{Files: []transform.InputFile{{Path: path, Rows: rows}}}, engine.ViewFiles(ctx, addressPlaces, []string{path})
}

func placesPath(dir string) string {
	return filepath.Join(dir, transform.StateDir, "inputs", addressPlaces+".parquet")
}

// addressTables are the settled tables that hold addresses, and how.
var addressTables = map[string]string{
	"settled_events":            "select ip from %s where ip <> ''",
	"settled_person_attributes": "select value as ip from %s where name = 'ip' and not is_custom and value <> ''",
}

// formerPlaces is the file of places of the current build, "" if there is none
// to go on from, and the files of each table that hold addresses beyond it.
func (b *building) formerPlaces(manifest *settle.Manifest) (known string, fresh map[string][]string) {
	dir, err := warehouse.CurrentDir(b.at.marts)
	if err != nil || b.cfg.Full || !exists(placesPath(dir)) {
		return "", manifest.Tables
	}
	fresh = map[string][]string{}
	for table := range addressTables {
		then, there, err := transform.InputOf(dir, table)
		if err != nil || !there {
			return "", manifest.Tables
		}
		had := map[string]bool{}
		for _, f := range then.Files {
			had[f.Path] = true
		}
		for _, path := range manifest.Tables[table] {
			if !had[path] {
				fresh[table] = append(fresh[table], path)
			}
		}
	}
	return placesPath(dir), fresh
}

// addressesIn is the SELECT of the addresses in files that are not known yet.
func addressesIn(files map[string][]string, known string) string {
	var parts []string
	for table, form := range addressTables {
		if len(files[table]) > 0 {
			parts = append(parts, fmt.Sprintf(form, warehouse.FromFiles(files[table])))
		}
	}
	if len(parts) == 0 {
		return "select cast(null as varchar) as ip where false"
	}
	query := "select distinct ip from (" + strings.Join(parts, " union all ") + ") as named"
	if known != "" {
		query += " anti join (" + known + ") as known using (ip)"
	}
	return query
}

func lookUp(ctx context.Context, engine *warehouse.DuckDB, database *geography.Database, addresses string) ([]geography.Place, error) {
	rows, err := engine.Rows(ctx, addresses)
	if err != nil {
		return nil, fmt.Errorf("list the addresses to look up: %w", err)
	}
	defer rows.Close()
	places := []geography.Place{}
	for rows.Next() {
		ip, _ := rows.Row()[0].(string)
		place, err := database.Place(ip)
		if err != nil {
			return nil, fmt.Errorf("geography: %w", err)
		}
		places = append(places, place)
	}
	return places, rows.Err()
}
