package landing

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTortureKilledAtAnyInstant kills, again and again and at any instant, the
// process that lands, while another one produces and a third one makes
// checkpoints and collects what is left behind, and is killed too. `make torture` kills 500.
func TestTortureKilledAtAnyInstant(t *testing.T) {
	onEachKafka(t, func(b *bench) {
		began := time.Now()
		luck := chance(b)
		sent := b.ledger()
		producer := b.producing(b.role())
		cleaner := b.role()
		cleaner.Clean = true
		cleaning := b.act(cleaner)
		kills := torture(6, 1)
		for i := range kills {
			r := b.role()
			r.RotateRows = 1 + luck.IntN(150)
			r.Run = luck.IntN(2) == 0
			r.Again = !r.Run
			if !long() || luck.IntN(25) > 0 {
				// A group of its own: Kafka gives the partitions of a killed member
				// to the next one of the same group only after ten seconds.
				r.Group = b.prefix + randomText(luck)
			}
			a := b.act(r)
			if luck.IntN(3) > 0 {
				a.says("appended") // else at its start, before anything has landed
			}
			time.Sleep(time.Duration(luck.IntN(100)) * time.Millisecond) // the instant
			a.kill()
			if luck.IntN(4) == 0 {
				cleaning.kill()
				cleaning = b.act(cleaner)
			}
			if i%50 == 49 {
				b.Logf("%d of %d kills, %d acknowledged, %s", i+1, kills, producer.said("acknowledged"), time.Since(began).Round(time.Second))
			}
		}
		producer.end()
		cleaning.end()
		n := sent.acknowledged(producer)
		got := sent.check()
		proof := b.proves(got)
		b.Logf("%d kills, %d records acknowledged, %d landed in %d entries with %d checkpoints, %d files left by the killed, %s",
			kills, n, len(got.fates), len(got.entries), proof.Checkpoints, proof.Unlisted+proof.Temp, time.Since(began).Round(time.Millisecond))
	})
}

func randomText(luck *rand.Rand) string {
	text := make([]byte, 8)
	for i := range text {
		text[i] = byte('a' + luck.IntN(26))
	}
	return string(text)
}
