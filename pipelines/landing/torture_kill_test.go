package landing

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTortureKilledAtAnyInstant kills, again and again and at any instant, the
// process that lands, while another one produces. `make torture` kills 500.
func TestTortureKilledAtAnyInstant(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		began := time.Now()
		luck := chance(b)
		sent := b.ledger()
		producer := b.producing(b.role())
		kills := torture(12)
		for i := range kills {
			r := b.role()
			r.RotateRows = 1 + luck.IntN(400)
			r.Run = luck.IntN(2) == 0
			r.Again = !r.Run
			if !long() || luck.IntN(25) > 0 {
				// A group of its own: Kafka gives the partitions of a killed member
				// to the next one of the same group only after ten seconds.
				r.Group = b.prefix + randomText(luck)
			}
			a := b.act(r)
			time.Sleep(time.Duration(luck.IntN(250)) * time.Millisecond) // the instant
			a.kill()
			if i%50 == 49 {
				b.read()
				b.Logf("%d of %d kills, %d acknowledged, %s", i+1, kills, producer.said("acknowledged"), time.Since(began).Round(time.Second))
			}
		}
		producer.end()
		n := sent.acknowledged(producer)
		got := sent.check()
		b.Logf("%d kills, %d records acknowledged, %d landed in %d entries, %d files left by the killed, %s",
			kills, n, len(got.fates), len(got.entries), len(b.leftovers()), time.Since(began).Round(time.Millisecond))
	})
}

func randomText(luck *rand.Rand) string {
	text := make([]byte, 8)
	for i := range text {
		text[i] = byte('a' + luck.IntN(26))
	}
	return string(text)
}
