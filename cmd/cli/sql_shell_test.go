package cli_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// built makes a workspace with one person in it, and builds it.
func built(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "acme")
	records := filepath.Join(t.TempDir(), "records.ndjson")
	if err := os.WriteFile(records, []byte(`{"type": "user", "user_id": "1", "email": "ann@example.com", "created_at": 1750000000, "updated_at": 1750000000}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", dir}, {"-C", dir, "import", records}, {"-C", dir, "build"}} {
		if out, err := exec.CommandContext(t.Context(), "parley", args...).CombinedOutput(); err != nil {
			t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return dir
}

// terminal is a program at a terminal of its own.
type terminal struct {
	t     *testing.T
	cmd   *exec.Cmd
	file  *os.File
	shown strings.Builder // all of it
	left  string          // what has not been looked at yet
}

// atTerminal starts parley at a terminal; one that does not end is killed.
func atTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "parley", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &terminal{t: t, cmd: cmd, file: file}
}

func (p *terminal) types(text string) {
	p.t.Helper()
	if _, err := p.file.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// shows waits until text stands on the terminal, behind what was waited for before.
func (p *terminal) shows(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		for !strings.Contains(p.left, text) {
			buffer := make([]byte, 64<<10)
			n, err := p.file.Read(buffer)
			p.left += string(buffer[:n])
			p.shown.Write(buffer[:n])
			if err != nil {
				all := p.shown.String()
				p.t.Fatalf("%q does not show (%v); there is:\n%s", text, err, all[max(0, len(all)-4000):])
			}
		}
		_, p.left, _ = strings.Cut(p.left, text)
	}
}

func (p *terminal) ends(status int) {
	p.t.Helper()
	for {
		buffer := make([]byte, 64<<10)
		if _, err := p.file.Read(buffer); err != nil {
			break
		}
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == status || err == nil && status == 0 {
		return
	}
	p.t.Errorf("ends with %v, want %d", err, status)
}

func TestShell(t *testing.T) {
	t.Parallel()
	dir := built(t)
	const up, ctrlC = "\x1b[A", "\x03"
	s := atTerminal(t, "-C", dir, "sql")
	s.shows("parley> ")
	s.types("\\d\r")
	s.shows("contacts_weekly", "week", "builds", "parley> ")
	s.types("\\d contacts_weekly\r")
	s.shows("One row per local week", "week_start", "DATE", "first day of the local week", "parley> ")
	s.types("\\d contact_weekly\r")
	s.shows(`unknown table "contact_weekly"; did you mean "contacts_weekly"?`)

	s.types("select count(*) as people -- in\r")
	s.shows("...> ")
	s.types("from users;\r")
	s.shows("people", "1", "parley> ")
	s.types("select * from contacts_by_hour_z\t")
	s.shows("contacts_by_hour_zones")
	s.types(" limit 0;\r")
	s.shows("no rows", "parley> ")
	s.types("\\d contacts_by_hour_z\t")
	s.shows("contacts_by_hour_zones")
	s.types("\r")
	s.shows("parley> ")

	// Ctrl-C stops the query, and not the shell; at the prompt it drops what was typed.
	s.types("\\format csv\r")
	s.shows("parley> ")
	s.types("select range as n from range(1000000000000);\r")
	s.shows("1000\r\n1001\r\n")
	s.types(ctrlC)
	s.shows("stopped\r\n", "parley> ")
	s.types("select nonsense")
	s.shows("nonsense") // the prompt shows a moment before ctrl-C is a key and no longer a signal
	s.types(ctrlC)
	s.shows("parley> ")
	s.types("\\timing\r")
	s.shows("timing is on", "parley> ")
	s.types("select 6 * 7 as answer;\r")
	s.shows("answer\r\n42\r\n", " s\r\n", "parley> ")
	s.types(up + "\r")
	s.shows("answer\r\n42\r\n", "parley> ")
	s.types("select\r")
	s.shows("...> ")
	s.types("nope;\r")
	s.shows(`2:1: Referenced column "nope" was not found`, "parley> ")

	s.types("\\o people.parquet\r")
	s.shows("parley> ")
	s.types("from users;\r")
	s.shows("wrote", "people.parquet", "parley> ")
	s.types("\\nope\r")
	s.shows(`there is no \nope; \h lists the commands`)
	s.types("\\h\r")
	s.shows(`\timing`, "ctrl-R", "parley> ")
	s.types("\\q\r")
	s.ends(0)

	if content, err := os.ReadFile(filepath.Join(dir, "people.parquet")); err != nil || !strings.HasPrefix(string(content), "PAR1") {
		t.Errorf("the answer's file has %d bytes, %v", len(content), err)
	}
	history := filepath.Join(dir, ".parley", "sql_history")
	if info, err := os.Stat(history); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history is %v, %v", info.Mode(), err)
	}
	// The next shell remembers, a statement of two lines in one.
	again := atTerminal(t, "-C", dir, "sql")
	again.shows("parley> ")
	again.types("\x12count(*)\r") // ctrl-R
	again.shows("select count(*) as people from users;", "people", "parley> ")
	// Told to end while it waits for a key, it ends.
	again.shows("parley> ")
	if err := again.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	again.ends(1)
}

func TestNoBytesToATerminal(t *testing.T) {
	t.Parallel()
	s := atTerminal(t, "-C", built(t), "sql", "--format", "arrow", "select 1")
	s.shows("--format arrow is bytes, which a terminal cannot show; add -o FILE, or send it on: … > FILE")
	s.ends(2)
}
