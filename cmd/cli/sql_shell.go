package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/peterh/liner"

	"parley/cmd/workspace"
	"parley/sql/models"
	"parley/sql/transform"
	"parley/sql/warehouse"
)

// shell is `parley sql` at a terminal: it asks until it is left.
type shell struct {
	*asker
	line    *liner.State
	history string // file
	last    string // that was added to it
	notes   map[string]transform.Header
	timing  bool
	typed   strings.Builder // lines of a statement that has not ended
}

// shell talks with a person. Ctrl-C stops the query that runs, or drops what has
// been typed, and nothing else.
func (q *asker) shell(ctx context.Context, ws *workspace.Workspace) error {
	s := &shell{asker: q, history: ws.State("sql_history")}
	var err error
	if s.notes, err = transform.Notes(models.FS, ws.Folder("models")); err != nil {
		return err
	}
	// From here on an interrupt is the shell's own: the program's ends all.
	signal.Reset(os.Interrupt)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)

	s.line = liner.NewLiner()
	defer s.line.Close()
	s.line.SetCtrlCAborts(true)
	s.line.SetTabCompletionStyle(liner.TabPrints)
	s.line.SetWordCompleter(func(line string, at int) (string, []string, string) { return s.complete(ctx, line, at) })
	s.recall()
	build := s.reader.Build()
	s.app.say(`build %s, as of %s; \d lists the marts, \h the commands, \q leaves`, build.ID, formatTime(build.AsOf))
	for ctx.Err() == nil {
		line, err := s.read(ctx)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			s.typed.Reset()
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(s.app.stdout)
			return nil
		case err != nil:
			return fmt.Errorf("read from the terminal: %w", err)
		}
		if leave := s.take(ctx, line, interrupted); leave {
			return nil
		}
	}
	return ctx.Err()
}

// read reads one line. Nothing wakes who waits for a key: where the program is
// told to end meanwhile, it ends here.
func (s *shell) read(ctx context.Context) (string, error) {
	prompt := "parley> "
	if s.typed.Len() > 0 {
		prompt = "   ...> "
	}
	reading := context.AfterFunc(ctx, func() {
		s.line.Close() // gives the terminal back as it was
		s.reader.Close()
		os.Exit(exitFailure)
	})
	defer reading()
	return s.line.Prompt(prompt)
}

// take takes one line; true: the shell is left.
func (s *shell) take(ctx context.Context, line string, interrupted <-chan os.Signal) (leave bool) {
	command := strings.TrimSpace(line)
	if s.typed.Len() == 0 {
		word := strings.TrimSuffix(command, ";")
		switch {
		case command == "":
			return false
		case word == `\q` || word == "exit" || word == "quit":
			return true
		case strings.HasPrefix(command, `\`):
			s.remember(command)
			s.stoppable(ctx, interrupted, func(ctx context.Context) error { return s.command(ctx, command) })
			return false
		}
	}
	s.typed.WriteString(line + "\n")
	statement := s.typed.String()
	if !warehouse.IsEnded(statement) {
		return false
	}
	s.typed.Reset()
	s.remember(warehouse.OneLine(statement))
	began := time.Now()
	s.stoppable(ctx, interrupted, func(ctx context.Context) error {
		file := s.file
		err := s.ask(ctx, statement)
		if s.file = ""; file != "" && err == nil {
			s.app.say("wrote %s", file)
		}
		return err
	})
	if s.timing {
		s.app.say("%.3f s", time.Since(began).Seconds())
	}
	return false
}

// stoppable does work that ctrl-C ends, and says what went wrong.
func (s *shell) stoppable(ctx context.Context, interrupted <-chan os.Signal, work func(context.Context) error) {
	select {
	case <-interrupted: // of before
	default:
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer stop()
		select {
		case <-interrupted:
		case <-ended:
		}
	}()
	err := work(ctx)
	close(ended)
	switch {
	case errors.Is(err, context.Canceled):
		s.app.say("stopped")
	case err != nil:
		s.app.say("%v", err)
	}
}

// complete says how the word before the cursor can go on.
func (s *shell) complete(ctx context.Context, line string, at int) (head string, words []string, tail string) {
	runes := []rune(line)
	head, tail = string(runes[:at]), string(runes[at:])
	if s.typed.Len() == 0 && strings.HasPrefix(strings.TrimSpace(head), `\`) {
		words, start := s.completeCommand(head)
		return head[:start], words, tail
	}
	before := s.typed.String()
	words, place, err := s.reader.Complete(ctx, before+head)
	if err != nil || place < len(before) {
		return head, nil, tail
	}
	return head[:place-len(before)], words, tail
}

// recall reads the history of former shells; without one it begins anew. A file
// that has grown long is cut to what the shell keeps of it.
func (s *shell) recall() {
	content, err := os.ReadFile(s.history)
	if err != nil {
		return
	}
	_, _ = s.line.ReadHistory(bytes.NewReader(content)) // what can be read of it
	if bytes.Count(content, []byte("\n")) <= 2*liner.HistoryLimit {
		return
	}
	var kept bytes.Buffer
	if _, err := s.line.WriteHistory(&kept); err == nil {
		err = os.WriteFile(s.history, kept.Bytes(), 0o600)
		if err != nil {
			s.app.say("the history is not cut: %v", err)
		}
	}
}

// remember adds to the history, in a file that its owner alone can read: what is
// asked of customers is nobody else's matter.
func (s *shell) remember(statement string) {
	if statement == "" || statement == s.last {
		return
	}
	s.last = statement
	s.line.AppendHistory(statement)
	if err := s.keep(statement); err != nil {
		s.app.say("the history is not kept: %v", err)
	}
}

func (s *shell) keep(statement string) error {
	if err := os.MkdirAll(filepath.Dir(s.history), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(s.history, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(statement + "\n")
	return errors.Join(err, file.Close())
}
