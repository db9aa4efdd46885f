package landing

import (
	"sync"
	"time"
)

// Progress says how far landing is. What is fallen back from after a fault,
// because it has to be taken again, is taken off again.
type Progress struct {
	Records   int64         // taken from Kafka since it began
	Total     int64         // that waited when Once began; 0 from Run
	Files     int           // published since it began
	Bytes     int64         // of these files
	Dead      int64         // records that could not be read, landed since it began
	Lag       int64         // records that Kafka has beyond what was taken, over this process's partitions
	Elapsed   time.Duration // since it began
	PerSecond float64       // records taken a second, over the last ten seconds or so

	closing float64 // by how many records a second the lag has shrunk of late
}

// ETA is about how long it will be until everything is taken at the present
// rate. It is 0 when everything is, and known is false while none can be told:
// at the very beginning, or when records come faster than they land.
func (p Progress) ETA() (left time.Duration, known bool) {
	behind, rate := p.Lag, p.closing
	if p.Total > 0 {
		behind, rate = p.Total-p.Records, p.PerSecond
	}
	const century = 100 * 365 * 24 * 3600 // in seconds: beyond it the number means nothing
	switch {
	case behind <= 0:
		return 0, true
	case rate <= 0 || float64(behind)/rate > century:
		return 0, false
	default:
		return time.Duration(float64(behind) / rate * float64(time.Second)), true
	}
}

// step is what happened since the meter was told last.
type step struct {
	records, bytes, dead, lag int64
	files                     int
}

// meter gathers the progress of all partitions.
type meter struct {
	mutex  sync.Mutex
	tell   func(Progress)
	clock  func() time.Time
	began  time.Time
	now    Progress
	told   time.Time
	recent []reading // of the last rateWindow, one a second, oldest first
}

// reading is what the meter showed at one instant.
type reading struct {
	at           time.Time
	records, lag int64
}

// rateWindow is how far back rates look: a file's end must not make them jump.
const rateWindow = 10 * time.Second

func newMeter(tell func(Progress), total int64) *meter {
	return &meter{tell: tell, clock: time.Now, began: time.Now(), now: Progress{Total: total}}
}

func (m *meter) add(s step) {
	if m.tell == nil {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.now.Records += s.records
	m.now.Files += s.files
	m.now.Bytes += s.bytes
	m.now.Dead += s.dead
	m.now.Lag += s.lag
	if now := m.clock(); now.Sub(m.told) >= time.Second/10 {
		m.say(now)
	}
}

// start tells it once a second, whatever happens: rates fall when nothing comes.
// end stops that, tells the last of it, and nothing after.
func (m *meter) start() (end func()) {
	if m.tell == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				m.add(step{})
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.say(m.clock())
	}
}

func (m *meter) say(now time.Time) {
	m.told = now
	m.now.Elapsed = now.Sub(m.began)
	if len(m.recent) == 0 {
		m.recent = append(m.recent, reading{at: m.began, lag: m.now.Lag})
	}
	for len(m.recent) > 1 && now.Sub(m.recent[1].at) >= rateWindow {
		m.recent = m.recent[1:]
	}
	since := m.recent[0]
	if seconds := now.Sub(since.at).Seconds(); seconds > 0 {
		m.now.PerSecond = float64(m.now.Records-since.records) / seconds
		m.now.closing = float64(since.lag-m.now.Lag) / seconds
	}
	if last := m.recent[len(m.recent)-1]; now.Sub(last.at) >= time.Second {
		m.recent = append(m.recent, reading{now, m.now.Records, m.now.Lag})
	}
	m.tell(m.now)
}
