package landing

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// TestTortureZombies has processes that know nothing of each other land the
// same partitions, stopped for a while at any instant: each goes on in the
// belief that the partitions are its own.
func TestTortureZombies(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		began := time.Now()
		luck := chance(b)
		sent := b.ledger()
		producer := b.producing(b.role())
		var zombies []*actor
		for i := range 3 + torture(0, 0.01) {
			r := b.role()
			r.RotateRows = 1 + luck.IntN(60)
			r.Run = i%2 == 0
			r.Again = !r.Run
			r.Group = b.prefix + randomText(luck)
			zombies = append(zombies, b.act(r))
		}
		cleaner := b.role()
		cleaner.Clean = true
		cleaning := b.act(cleaner)
		stops, fenced := 0, func() (n int) {
			for _, a := range zombies {
				n += a.said("another process has landed from here")
			}
			return n
		}
		for ; stops < torture(8, 1) || fenced() == 0; stops++ {
			a := zombies[luck.IntN(len(zombies))]
			a.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(luck.IntN(150)) * time.Millisecond)
			a.signal(syscall.SIGCONT)
			time.Sleep(time.Duration(luck.IntN(30)) * time.Millisecond)
		}
		producer.end()
		cleaning.end()
		for _, a := range zombies {
			a.end()
		}
		n := sent.acknowledged(producer)
		got := sent.check()
		b.Logf("%d zombies stopped %d times, fenced %d times; %d records acknowledged, %d landed in %d entries, %s",
			len(zombies), stops, fenced(), n, len(got.fates), len(got.entries), time.Since(began).Round(time.Millisecond))
	})
}

// TestTortureZombieBeforeItsEntry stops a process when its files are there and its
// entry is not; another one lands the same records meanwhile, and perhaps what
// the stopped one has published is collected before it goes on.
func TestTortureZombieBeforeItsEntry(t *testing.T) {
	for _, point := range []string{"file synced", "files published", "exclusive written", "exclusive linked"} {
		for _, collected := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", point, collected), func(t *testing.T) {
				if !long() && !collected && point != "files published" {
					t.Skip("one without the collector must do: make torture")
				}
				t.Parallel()
				b := embedded(t)
				sent := b.ledger()
				client := b.client()
				sent.sendNumbered(client, 0, 900)
				r := b.role()
				r.Run, r.Point, r.Hit, r.AtPoint = true, point, 2, "stop"
				zombie := b.act(r)
				zombie.says("stopping")
				config := b.config()
				config.RotateRows = 7
				b.once(config)
				b.read()
				if collected {
					// As if it had been stopped for two days: its temporary files go too.
					if err := clean(t.Context(), b.lake, time.Now().Add(48*time.Hour)); err != nil {
						t.Fatal(err)
					}
				}
				sent.sendNumbered(client, 900, 300)
				zombie.signal(syscall.SIGCONT)
				zombie.says("going on")
				b.eventually("it lands the rest", func() bool { return b.settledOffsets() == 1200 })
				zombie.end()
				if zombie.said("another process has landed from here")+zombie.said("trying again") == 0 {
					t.Error("the zombie was not fenced")
				}
				sent.check()
			})
		}
	}
}
