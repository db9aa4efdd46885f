package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"
)

// screen is standard error at a terminal. Its lowest line is of what is under
// way and moves; whatever else is written stands above it.
type screen struct {
	out *os.File

	mu    sync.Mutex
	foots []*foot // that show something, in the order in which they began
	drawn bool
}

// foot is one part of the lowest line.
type foot struct {
	screen *screen
	text   string
}

// Write writes lines above the lowest one.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	n, err := s.out.Write(text)
	if strings.HasSuffix(string(text), "\n") {
		s.draw()
	}
	return n, err
}

func (s *screen) clear() {
	if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.drawn = false
	}
}

func (s *screen) draw() {
	if len(s.foots) == 0 {
		return
	}
	texts := make([]string, len(s.foots))
	for i, part := range s.foots {
		texts[i] = part.text
	}
	line := []rune(strings.Join(texts, " · "))
	if width, _, err := term.GetSize(int(s.out.Fd())); err == nil && width > 1 && len(line) >= width {
		line = append(line[:width-2], '…') // one that wraps could not be taken away
	}
	fmt.Fprint(s.out, "\r\x1b[K"+string(line))
	s.drawn = true
}

// show makes text the foot's part of the line; "" takes it away.
func (f *foot) show(text string) {
	s := f.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	f.text = text
	at := slices.Index(s.foots, f)
	switch {
	case text == "" && at >= 0:
		s.foots = slices.Delete(s.foots, at, at+1)
	case text != "" && at < 0:
		s.foots = append(s.foots, f)
	}
	s.clear()
	s.draw()
}

// Write shows what a progress bar draws: it goes back to the line's beginning
// by itself each time.
func (f *foot) Write(drawing []byte) (int, error) {
	f.show(strings.TrimSpace(strings.ReplaceAll(string(drawing), "\r", "")))
	return len(drawing), nil
}

// movingLine shows a text in the terminal's lowest line; "" takes it away.
// Where there is no terminal it shows nothing.
func (a *app) movingLine() (show func(string)) {
	if a.screen == nil {
		return func(string) {}
	}
	return (&foot{screen: a.screen}).show
}
