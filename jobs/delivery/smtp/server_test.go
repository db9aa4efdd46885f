package smtp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"parley/jobs/delivery"
)

const password = "correct horse"

// way is how a server is spoken to.
type way int

const (
	startTLS way = iota
	implicitTLS
	inClear
)

// server is a mail server on this machine that keeps what it is given.
type server struct {
	how     way
	address string
	trust   *tls.Config

	mu              sync.Mutex
	got             [][]byte
	loggedIn        int
	recipient, data *gosmtp.SMTPError
	cut             bool
	lines           []net.Conn
}

func startServer(t *testing.T, how way) *server {
	t.Helper()
	certificate, trust := selfSigned(t)
	s := &server{how: how, trust: trust}
	backend := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{server: s}, nil }))
	backend.Domain, backend.ErrorLog = "mail.example.com", quiet{}
	backend.AllowInsecureAuth = false
	if how != inClear {
		backend.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	listener = &remembering{listener, s}
	if how == implicitTLS {
		listener = tls.NewListener(listener, backend.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = backend.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = backend.Close()
		_ = listener.Close() // a server that is closed before it serves does not know it
		<-done
	})
	return s
}

func (s *server) url(user string) string {
	scheme := map[way]string{startTLS: "smtp://", implicitTLS: "smtps://", inClear: "smtp://"}[s.how]
	if user != "" {
		scheme += user + "@"
	}
	return scheme + s.address
}

func (s *server) messages() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func (s *server) logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loggedIn
}

// answer is what recipients and messages are answered; nil: they are welcome.
func (s *server) answer(recipient, data *gosmtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recipient, s.data, s.cut = recipient, data, false
}

// cutAfterData takes the next message, and cuts every line instead of answering.
func (s *server) cutAfterData() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
}

// remembering knows the lines that are open.
type remembering struct {
	net.Listener
	server *server
}

func (r *remembering) Accept() (net.Conn, error) {
	line, err := r.Listener.Accept()
	if err == nil {
		r.server.mu.Lock()
		r.server.lines = append(r.server.lines, line)
		r.server.mu.Unlock()
	}
	return line, err
}

type session struct{ server *server }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, given string) error {
		if username != "parley" || given != password {
			return errors.New("no such login")
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.loggedIn++
		return nil
	}), nil
}

func (s *session) Mail(string, *gosmtp.MailOptions) error { return nil }

func (s *session) Rcpt(string, *gosmtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.recipient != nil {
		return s.server.recipient
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.data != nil {
		return s.server.data
	}
	s.server.got = append(s.server.got, bytes.Clone(text))
	if s.server.cut {
		for _, line := range s.server.lines {
			_ = line.Close()
		}
	}
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// selfSigned is a certificate for 127.0.0.1, and a configuration that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// journal is one in memory, for processes that a test only plays.
type journal struct {
	mu     sync.Mutex
	begun  map[string]delivery.Handover
	broken error
}

func (j *journal) Begin(_ context.Context, id string) (delivery.Handover, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return delivery.NotBegun, j.broken
	}
	before := j.begun[id]
	if j.begun == nil {
		j.begun = map[string]delivery.Handover{}
	}
	if !before.Begun {
		j.begun[id] = delivery.Handover{Begun: true}
	}
	return before, nil
}

func (j *journal) Done(_ context.Context, id string, sentAt time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun[id] = delivery.Handover{Begun: true, SentAt: sentAt}
	return nil
}

func (j *journal) Undo(_ context.Context, id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.begun, id)
	return nil
}
