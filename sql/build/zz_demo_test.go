package build

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"parley/pipelines/broker"
	"parley/pipelines/demo"
	"parley/pipelines/lake"
	"parley/pipelines/landing"
	"parley/sql/warehouse"
)

func TestZZDemo(t *testing.T) {
	root := os.Getenv("ZZ_DEMO")
	if root == "" {
		t.Skip("scratch")
	}
	ctx := context.Background()
	asOf := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	l, err := lake.Open(root + "/lake")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root + "/lake/landed"); err != nil {
		br, err := broker.Open(ctx, broker.Config{Dir: root + "/broker", TopicPrefix: "parley."})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := br.EnsureTopics(ctx); err != nil {
			t.Fatal(err)
		}
		var batch []broker.Message
		err = demo.Generate(demo.Config{AsOf: asOf, Seed: 1}, func(r demo.Record) error {
			batch = append(batch, broker.Message{Kind: r.Kind, Key: r.Key, Value: r.Value, At: r.At})
			if len(batch) == 5000 {
				err := br.Produce(ctx, batch)
				batch = nil
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := br.Produce(ctx, batch); err != nil {
			t.Fatal(err)
		}
		s, err := landing.Once(ctx, landing.Config{Addrs: br.Addrs(), TopicPrefix: "parley.", Lake: l, Now: time.Now})
		fmt.Println(s, err)
		br.Close()
	}
	began := time.Now()
	last := began
	what := ""
	r, err := Run(ctx, Config{Lake: l, AsOf: asOf, Now: time.Now, Settings: Settings{Timezone: "Europe/Dublin", Bots: []string{"id:815309"}, Teams: []string{"billing", "onboarding", "scheduling", "integrations"}, Zones: []string{"America/New_York"}},
		Progress: func(p Progress) {
			if d := time.Since(last); d > 150*time.Millisecond {
				fmt.Printf("%8.2fs %s\n", d.Seconds(), what)
			}
			last = time.Now()
			what = p.Step + " " + p.What
		}})
	fmt.Println(time.Since(began), err, r.Faults, r.Warnings)
	fmt.Println(r.Build.Rows, r.Build.PeakMemory>>20)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := Open(ctx, l, warehouse.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	for _, q := range []string{"from contacts_weekly order by week_start desc limit 3", "from mrr_monthly order by month desc limit 3", "select * from users limit 2"} {
		tb, err := rd.Query(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(tb.Columns)
		for _, row := range tb.Rows {
			fmt.Println(row)
		}
	}
}
