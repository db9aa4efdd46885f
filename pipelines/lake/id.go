package lake

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// idName is the file that holds the lake's id.
const idName = "id"

// ID tells this lake from all others: some letters and digits, made when it is
// first asked for and kept in the lake.
func (l *Lake) ID() (string, error) {
	content, err := l.store.read(idName)
	if errors.Is(err, fs.ErrNotExist) {
		err = l.store.putExclusive(idName, []byte(strings.ToLower(rand.Text())+"\n"))
		if err == nil || errors.Is(err, fs.ErrExist) { // another process may have been quicker
			content, err = l.store.read(idName)
		}
	}
	if err != nil {
		return "", fmt.Errorf("read the lake's id: %w", err)
	}
	id := strings.TrimSpace(string(content))
	if id == "" || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", fmt.Errorf("read the lake's id: the file %s of the lake holds none; remove it, and a new one is made", idName)
	}
	return id, nil
}
