package lake

import "fmt"

// reach is how far a log goes, and how many landed files lie beyond it.
type reach struct {
	end    int64 // of its last entry; 0 if there is no log
	broken bool  // something else is said to be wrong with it
	beyond int64
}

// reachOf is the reach of the log. The walk notes that of every log that has
// landed files, whether the log is there or not.
func (v *verifier) reachOf(id logID) *reach {
	found := v.reach[id]
	if found == nil {
		found = &reach{}
		v.reach[id] = found
	}
	return found
}

// unlisted counts the landed files that no entry lists. A writer publishes files
// that begin where the log ends and appends their entry before it goes on: so
// whatever a crash leaves begins within the log or at its end. What begins
// beyond it was listed once, by entries that are lost. The log was read after
// the walk, and has by then the entries before every file that the walk saw.
func (v *verifier) unlisted() {
	for _, file := range v.landed {
		if file.bytes < 0 {
			continue
		}
		v.done.Unlisted++
		if file.start > file.reach.end {
			file.reach.beyond++
		}
	}
	for id, reach := range v.reach {
		if reach.beyond == 0 || reach.broken {
			continue
		}
		v.done.Unlisted -= reach.beyond // no crash left them
		files := "1 landed file reaches"
		if reach.beyond > 1 {
			files = fmt.Sprintf("%d landed files reach", reach.beyond)
		}
		v.fault(Fault{
			Log: id.String(), Start: reach.end, Path: id.folder(),
			What: fmt.Sprintf("%s beyond the log: entries from %d on are missing", files, reach.end),
			Remedy: fmt.Sprintf("restore the log's folder from a backup of the lake; or, if Kafka still has the records from offset %d on, move the files %s that begin there or later out of the lake: their records land again",
				reach.end, landedFolder+"/*/*/*/"+fmt.Sprintf("%s-%d-%d-*", id.topic, id.epoch, id.partition)),
		})
	}
}
