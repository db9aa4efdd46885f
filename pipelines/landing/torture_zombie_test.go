package landing

import (
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
		for i := range 3 + torture(12)/100 {
			r := b.role()
			r.RotateRows = 1 + luck.IntN(60)
			r.Run = i%2 == 0
			r.Again = !r.Run
			r.Group = b.prefix + randomText(luck)
			zombies = append(zombies, b.act(r))
		}
		stops := torture(12)
		for range stops {
			a := zombies[luck.IntN(len(zombies))]
			a.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(luck.IntN(150)) * time.Millisecond)
			a.signal(syscall.SIGCONT)
			time.Sleep(time.Duration(luck.IntN(30)) * time.Millisecond)
		}
		producer.end()
		fenced := 0
		for _, a := range zombies {
			a.end()
			fenced += a.said("another process has landed from here")
		}
		n := sent.acknowledged(producer)
		got := sent.check()
		b.Logf("%d zombies stopped %d times, fenced %d times; %d records acknowledged, %d landed in %d entries, %s",
			len(zombies), stops, fenced, n, len(got.fates), len(got.entries), time.Since(began).Round(time.Millisecond))
		if fenced == 0 {
			b.Error("nobody was fenced: this proves nothing")
		}
	})
}

// TestZombieBeforeItsEntry stops a process when its files are there and its
// entry is not; another one lands the same records meanwhile.
func TestZombieBeforeItsEntry(t *testing.T) {
	for _, point := range []string{"file synced", "files published", "exclusive written", "exclusive linked"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			b := embedded(t)
			sent := b.ledger()
			client := b.client()
			sent.sendNumbered(client, 0, 900)
			r := b.role()
			r.Point, r.Hit, r.AtPoint = point, 2, "stop"
			zombie := b.act(r)
			zombie.says("stopping")
			config := b.config()
			config.RotateRows = 77
			b.once(config)
			b.read()
			sent.sendNumbered(client, 900, 300)
			zombie.signal(syscall.SIGCONT)
			zombie.says("going on")
			zombie.end()
			if zombie.said("another process has landed from here") == 0 {
				b.Error("the zombie was not fenced")
			}
			sent.check()
		})
	}
}
