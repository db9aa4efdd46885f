package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Replay notes which dead letters were sent to their topics again. It is
// written after Kafka has taken them: a crash between the two leaves no note,
// and they are sent once more.
type Replay struct {
	At      time.Time          `json:"at"`
	Decoder int32              `json:"decoder"` // version of the decoder that looked at them
	Records map[string][]int64 `json:"records"` // offsets, by the log's name as Entry.Log gives it
}

const replaysFolder = "replays"

// NoteReplay keeps the note, durably, beside those there are.
func (l *Lake) NoteReplay(replay Replay) error {
	replay.At = replay.At.UTC()
	content, err := json.Marshal(replay)
	if err != nil {
		return fmt.Errorf("note a replay: %w", err)
	}
	name := fmt.Sprintf("%s/%s-%s.json", replaysFolder, replay.At.Format("20060102T150405Z"), attempt())
	if err := l.store.putExclusive(name, append(content, '\n')); err != nil {
		return fmt.Errorf("note a replay: %w", err)
	}
	return nil
}

// Replays are all notes, the oldest first.
func (l *Lake) Replays() ([]Replay, error) {
	names, err := l.store.list(replaysFolder)
	if err != nil {
		return nil, fmt.Errorf("read the notes of replays: %w", err)
	}
	var replays []Replay
	for _, name := range names {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		content, err := l.store.read(replaysFolder + "/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var replay Replay
		if err == nil {
			err = json.Unmarshal(content, &replay)
		}
		if err != nil {
			return nil, fmt.Errorf("read the note of a replay %s/%s: %w", replaysFolder, name, err)
		}
		replays = append(replays, replay)
	}
	return replays, nil
}
