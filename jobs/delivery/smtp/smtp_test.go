package smtp_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"parley/jobs/delivery"
	"parley/jobs/delivery/deliverytest"
	"parley/jobs/delivery/smtp"
)

// mailbox is a place of messages behind a mail server.
type mailbox struct {
	server  *server
	journal *journal
	config  smtp.Config
}

func (m *mailbox) Open(t *testing.T) delivery.Deliverer {
	t.Helper()
	mailer, err := smtp.Open(m.config)
	if err != nil {
		t.Fatal(err)
	}
	mailer.UseJournal(m.journal)
	return mailer
}

func (m *mailbox) Delivered(t *testing.T) []deliverytest.Delivered {
	t.Helper()
	var all []deliverytest.Delivered
	for _, text := range m.server.messages() {
		all = append(all, deliverytest.Read(t, text))
	}
	return all
}

func newMailbox(t *testing.T, how way) *mailbox {
	t.Helper()
	s := startServer(t, how)
	return &mailbox{server: s, journal: &journal{}, config: smtp.Config{URL: s.url("parley"), Password: password, TLS: s.trust}}
}

func TestContract(t *testing.T) {
	t.Parallel()
	deliverytest.Run(t, func(t *testing.T) deliverytest.Place { return newMailbox(t, startTLS) })
}

func TestTLSFromTheFirstByte(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, implicitTLS)
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); err != nil || len(m.Delivered(t)) != 1 {
		t.Errorf("%v, %d arrived", err, len(m.Delivered(t)))
	}
}

// A server on this machine may be spoken to in clear, if the URL says so.
func TestInClearOnThisMachine(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, inClear)
	m.config.URL = m.server.url("")
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); err == nil {
		t.Error("sent in clear though nothing allowed it")
	}
	if len(m.Delivered(t)) != 0 {
		t.Error("something arrived")
	}
	m.config.URL += "?tls=none"
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); err != nil || len(m.Delivered(t)) != 1 {
		t.Errorf("%v, %d arrived", err, len(m.Delivered(t)))
	}
}

// A server that nobody vouches for gets nothing, not even the password.
func TestAServerThatNobodyVouchesFor(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	m.config.TLS = nil
	_, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1"))
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), password) || m.server.logins() != 0 {
		t.Errorf("%v, %d logins", err, m.server.logins())
	}
}

func TestAWrongPassword(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	m.config.Password = "wrong-and-secret"
	_, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1"))
	if err == nil || strings.Contains(err.Error(), "wrong-and-secret") || errors.Is(err, delivery.ErrUnknown) {
		t.Errorf("%v", err)
	}
	m.config.Password = password // mended: nothing keeps it from going out
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); err != nil || len(m.Delivered(t)) != 1 {
		t.Errorf("mended: %v, %d arrived", err, len(m.Delivered(t)))
	}
}

// What the server answers decides whether it is tried again.
func TestAnswersOfTheServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		recipient, data *gosmtp.SMTPError
		forGood         bool
	}{
		"no such mailbox":  {recipient: &gosmtp.SMTPError{Code: 550, Message: "no such user"}, forGood: true},
		"try later":        {recipient: &gosmtp.SMTPError{Code: 451, Message: "greylisted"}},
		"not wanted":       {data: &gosmtp.SMTPError{Code: 554, Message: "no"}, forGood: true},
		"no room just now": {data: &gosmtp.SMTPError{Code: 452, Message: "full"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t, startTLS)
			m.server.answer(c.recipient, c.data)
			_, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1"))
			if err == nil || errors.Is(err, delivery.ErrRefused) != c.forGood || errors.Is(err, delivery.ErrUnknown) {
				t.Fatalf("%v", err)
			}
			m.server.answer(nil, nil)
			if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); err != nil || len(m.Delivered(t)) != 1 {
				t.Errorf("later: %v, %d arrived", err, len(m.Delivered(t)))
			}
		})
	}
}

// The whole message went out, and then the line was cut: it arrived, or not. It
// is never sent a second time.
func TestALineThatIsCut(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	m.server.cutAfterData()
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); !errors.Is(err, delivery.ErrUnknown) {
		t.Errorf("the line is cut: %v, want ErrUnknown", err)
	}
	m.server.answer(nil, nil)
	if _, err := m.Open(t).Deliver(t.Context(), deliverytest.Sample("u:1")); !errors.Is(err, delivery.ErrUnknown) {
		t.Errorf("again: %v, want ErrUnknown", err)
	}
	if n := len(m.Delivered(t)); n != 1 {
		t.Errorf("%d arrived, want the first alone", n)
	}
}

// A process that was killed between the journal's two entries.
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	sample := deliverytest.Sample("u:1")
	if _, err := m.journal.Begin(t.Context(), sample.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open(t).Deliver(t.Context(), sample); !errors.Is(err, delivery.ErrUnknown) || len(m.Delivered(t)) != 0 {
		t.Errorf("%v, %d arrived", err, len(m.Delivered(t)))
	}
}

// Where the journal cannot be written nothing is sent.
func TestWithoutAJournal(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	m.journal.broken = io.ErrShortWrite
	if _, err := m.Open(t).Deliver(context.Background(), deliverytest.Sample("u:1")); !errors.Is(err, io.ErrShortWrite) || len(m.Delivered(t)) != 0 {
		t.Errorf("%v, %d arrived", err, len(m.Delivered(t)))
	}
	mailer, err := smtp.Open(m.config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mailer.Deliver(context.Background(), deliverytest.Sample("u:1")); err == nil || len(m.Delivered(t)) != 0 {
		t.Errorf("%v, %d arrived", err, len(m.Delivered(t)))
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for url, fault := range map[string]string{
		"smtp://parley@mail.example.com:587": "", "smtps://parley@mail.example.com": "", "smtp://localhost:1025?tls=none": "", "smtp://127.0.0.1?tls=none": "",
		"mail.example.com:587": "no mail server", "http://mail.example.com": "no way to a mail server", "smtp://": "no mail server",
		"smtp://mail.example.com?tls=none": "this machine alone", "smtp://u:secret@mail.example.com": "password_env",
		"smtp://mail.example.com?tls=maybe": "unknown setting tls", "smtp://mail.example.com:0": "no port",
	} {
		err := smtp.CheckURL(url)
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: %v, want %q", url, err, fault)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the password stands in %v", err)
		}
	}
}

// The check of a server tells a wrong password, and sends nothing.
func TestCheck(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, startTLS)
	for given, well := range map[string]bool{password: true, "wrong": false} {
		m.config.Password = given
		mailer, err := smtp.Open(m.config)
		if err != nil {
			t.Fatal(err)
		}
		if err := mailer.Check(t.Context()); (err == nil) != well {
			t.Errorf("with the password %q: %v", given, err)
		}
	}
	if len(m.Delivered(t)) != 0 {
		t.Error("something arrived")
	}
}
