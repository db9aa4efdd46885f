package cli_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailbox is a mail server on this machine that keeps what it is given, by recipient.
type mailbox struct {
	mu  sync.Mutex
	got map[string][]string
}

type delivering struct {
	box *mailbox
	to  string
}

func (d *delivering) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivering) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

func (d *delivering) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.got[d.to] = append(d.box.got[d.to], string(text))
	return err
}

func (d *delivering) Reset()        {}
func (d *delivering) Logout() error { return nil }

// The weekly report leaves by a mail server, once to each, however often it is asked for.
func TestWeeklyReportByMailServer(t *testing.T) {
	t.Parallel()
	box := &mailbox{got: map[string][]string{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivering{box: box}, nil }))
	server.Domain = "mail.example.com"
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close()
		<-served
	})

	dir := filepath.Join(t.TempDir(), "acme")
	records := filepath.Join(t.TempDir(), "records.ndjson")
	conversation := `{"type": "conversation", "id": "c1", "created_at": 1781600000, "user": {"user_id": "1", "type": "user"}, "conversation_message": {"body": "Help", "author": {"type": "user", "user_id": "1"}}}`
	if err := os.WriteFile(records, []byte(conversation+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	parley := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "parley", args...).CombinedOutput(); err != nil {
			t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	parley("init", dir)
	config := "workspace: {as_of: 2026-06-25T12:00:00Z}\nreports: {recipients: [lead@acme.example, boss@acme.example]}\n" +
		"email: {smtp: \"smtp://" + listener.Addr().String() + "?tls=none\", from: Reports <reports@acme.example>}\n"
	if err := os.WriteFile(filepath.Join(dir, "parley.yaml"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	parley("-C", dir, "import", records)
	parley("-C", dir, "build")
	parley("-C", dir, "run", "--once")
	parley("-C", dir, "report", "weekly", "--send")
	parley("-C", dir, "doctor")

	box.mu.Lock()
	defer box.mu.Unlock()
	for _, to := range []string{"lead@acme.example", "boss@acme.example"} {
		if len(box.got[to]) != 1 {
			t.Fatalf("%s got %d letters, want 1", to, len(box.got[to]))
		}
		for _, part := range []string{"Contacts: 1", "image/png", "contacts-per-week.csv"} {
			if !strings.Contains(box.got[to][0], part) {
				t.Errorf("the letter lacks %q:\n%.3000s", part, box.got[to][0])
			}
		}
	}
	if len(box.got) != 2 {
		t.Errorf("letters went to %d people", len(box.got))
	}
}
