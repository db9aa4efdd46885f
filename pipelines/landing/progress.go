package landing

import (
	"sync"
	"time"
)

// Progress says how far landing is.
type Progress struct {
	Records int64 // taken from Kafka since it began
	Total   int64 // that waited when Once began; 0 from Run
	Files   int   // published since it began
}

// meter gathers the progress of all partitions.
type meter struct {
	mutex sync.Mutex
	tell  func(Progress)
	now   Progress
	told  time.Time
}

func newMeter(tell func(Progress), total int64) *meter {
	return &meter{tell: tell, now: Progress{Total: total}}
}

func (m *meter) add(records int64, files int) {
	if m.tell == nil {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.now.Records += records
	m.now.Files += files
	if now := time.Now(); now.Sub(m.told) >= time.Second/10 {
		m.told = now
		m.tell(m.now)
	}
}

// end tells the last of it.
func (m *meter) end() {
	if m.tell != nil {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.tell(m.now)
	}
}
