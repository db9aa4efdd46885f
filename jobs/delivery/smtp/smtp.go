// Package smtp delivers messages by a mail server. It does not know why a message
// is sent.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"parley/jobs/delivery"
	"parley/jobs/delivery/letter"
)

// Config says which server, and who we are to it.
type Config struct {
	// URL is smtp://user@host:587, which begins in clear and turns to TLS before
	// anything is said (STARTTLS), or smtps://user@host:465, which is TLS from the
	// first byte. The ports named are the defaults. A server on this machine that
	// knows no TLS: smtp://localhost:1025?tls=none. Needed.
	URL      string
	Password string      // of the user; "" with a user is none
	TLS      *tls.Config // whom to trust; nil: whom the machine trusts
	// Timeout is for the whole of one message. Default 45 seconds.
	Timeout time.Duration
}

// server is a URL that was understood.
type server struct {
	host, user string
	port       int
	implicit   bool // TLS from the first byte
	clear      bool // no TLS at all
}

func parse(text string) (server, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Hostname() == "" || parsed.Path != "" && parsed.Path != "/" || parsed.Fragment != "" {
		return server{}, errors.New("no mail server; write smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465")
	}
	s := server{host: parsed.Hostname(), user: parsed.User.Username()}
	switch parsed.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.implicit = 465, true
	default:
		return server{}, fmt.Errorf("%s:// is no way to a mail server; write smtp://… or smtps://…", parsed.Scheme)
	}
	if _, there := parsed.User.Password(); there {
		return server{}, errors.New("a password does not belong into a file that is kept in git; take it out, change it, and write email.password_env")
	}
	if text := parsed.Port(); text != "" {
		if s.port, err = strconv.Atoi(text); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, fmt.Errorf("%s is no port", text)
		}
	}
	for name, values := range parsed.Query() {
		if name != "tls" || len(values) != 1 || values[0] != "none" || s.implicit {
			return server{}, fmt.Errorf("unknown setting %s; there is tls=none, for smtp:// to this machine", name)
		}
		s.clear = true
	}
	if s.clear && !isLoopback(s.host) {
		return server{}, fmt.Errorf("without TLS everybody on the way to %s could read along; tls=none is for this machine alone", s.host)
	}
	return s, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// CheckURL says what is wrong with a Config.URL and what to write; nil: nothing.
func CheckURL(text string) error {
	_, err := parse(text)
	return err
}

// NeedsPassword: the URL names a user.
func NeedsPassword(text string) bool {
	s, err := parse(text)
	return err == nil && s.user != ""
}

// Mailer hands messages to a mail server. A server does not tell afterwards what
// it has: what is handed over is written into a journal before and after. A crash
// between the two leaves an envelope of which nobody knows; it is not sent again.
type Mailer struct {
	server  server
	options []gomail.Option
	timeout time.Duration
	journal delivery.Journal

	mu   sync.Mutex
	busy map[string]chan struct{} // by ID: closed when its handover has ended
}

var _ delivery.Journaled = (*Mailer)(nil)

// Open checks the configuration. It does not call the server yet.
func Open(cfg Config) (*Mailer, error) {
	s, err := parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("send by SMTP: %w", err)
	}
	m := &Mailer{server: s, timeout: cfg.Timeout, busy: map[string]chan struct{}{}}
	if m.timeout == 0 {
		m.timeout = 45 * time.Second
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.TLS != nil {
		trust = cfg.TLS.Clone()
	}
	if trust.ServerName == "" {
		trust.ServerName = s.host
	}
	m.options = []gomail.Option{gomail.WithPort(s.port), gomail.WithTLSConfig(trust), gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTimeout(m.timeout)}
	if s.implicit {
		m.options = append(m.options, gomail.WithSSL())
	}
	if s.clear {
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.user != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.clear {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		m.options = append(m.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.user), gomail.WithPassword(cfg.Password))
	}
	if _, err := gomail.NewClient(s.host, m.options...); err != nil {
		return nil, fmt.Errorf("send by SMTP: %w", err)
	}
	return m, nil
}

// Channel is "email".
func (m *Mailer) Channel() string { return "email" }

// UseJournal says where handovers are written down. Without it nothing is sent.
func (m *Mailer) UseJournal(journal delivery.Journal) { m.journal = journal }

// Check calls the server and says who we are, as for a message, and leaves
// without sending one.
func (m *Mailer) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	client, err := gomail.NewClient(m.server.host, m.options...)
	if err == nil {
		err = client.DialWithContext(ctx)
	}
	if err != nil {
		return fmt.Errorf("the mail server %s: %w", m.server.host, err)
	}
	return client.Close()
}

// Deliver hands the envelope to the server.
func (m *Mailer) Deliver(ctx context.Context, envelope delivery.Envelope) (delivery.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return delivery.Receipt{}, err
	}
	if m.journal == nil {
		return delivery.Receipt{}, errors.New("send by SMTP: there is no journal to write down what is sent")
	}
	message, err := letter.Compose(envelope)
	if err != nil {
		return delivery.Receipt{}, err
	}
	defer m.alone(envelope.ID)()
	before, err := m.journal.Begin(ctx, envelope.ID)
	switch {
	case err != nil:
		return delivery.Receipt{}, err
	case !before.SentAt.IsZero():
		return delivery.Receipt{SentAt: before.SentAt}, nil
	case before.Begun:
		return delivery.Receipt{}, fmt.Errorf("send by %s: an attempt before this one ended in its midst: %w", m.server.host, delivery.ErrUnknown)
	}
	err = m.send(ctx, message)
	// What has become of it is written down even if the caller is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	switch {
	case err == nil:
		sentAt := letter.Date(envelope)
		return delivery.Receipt{SentAt: sentAt}, m.journal.Done(ctx, envelope.ID, sentAt)
	case errors.Is(err, delivery.ErrUnknown):
		return delivery.Receipt{}, fmt.Errorf("send by %s: %w", m.server.host, err)
	}
	return delivery.Receipt{}, errors.Join(fmt.Errorf("send by %s: %w", m.server.host, err), m.journal.Undo(ctx, envelope.ID))
}

// alone waits until nobody else in this process hands over the same envelope.
func (m *Mailer) alone(id string) (leave func()) {
	for {
		m.mu.Lock()
		other, taken := m.busy[id]
		if !taken {
			mine := make(chan struct{})
			m.busy[id] = mine
			m.mu.Unlock()
			return func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				delete(m.busy, id)
				close(mine)
			}
		}
		m.mu.Unlock()
		<-other
	}
}

// send hands a message over in a connection of its own. The error is
// delivery.ErrUnknown once the whole of it went out and no answer came.
func (m *Mailer) send(ctx context.Context, message *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	client, err := gomail.NewClient(m.server.host, m.options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // the message's fate is known by then
	err = client.Send(message)
	var failed *gomail.SendError
	switch {
	case err == nil || message.IsDelivered(): // what fails after that is the parting
		return nil
	case !errors.As(err, &failed):
		return fmt.Errorf("%w: %w", delivery.ErrUnknown, err)
	case failed.ErrorCode() >= 500 && (failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPDataClose):
		return fmt.Errorf("%w: %w", delivery.ErrRefused, err)
	case failed.ErrorCode() == 0 && failed.Reason == gomail.ErrSMTPDataClose, failed.Reason == gomail.ErrAmbiguous:
		return fmt.Errorf("%w: %w", delivery.ErrUnknown, err)
	}
	return err
}
