package security_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"parley/pipelines/broker/security"
	"parley/pipelines/broker/security/certificate"
)

func login(t *testing.T, mechanism string) sasl.Mechanism {
	t.Helper()
	made, err := security.NewSASL(security.Login{Mechanism: mechanism, Username: "ada", Password: "open sesame"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func trust(t *testing.T, files security.Certificates) *tls.Config {
	t.Helper()
	made, err := security.NewTLS(files)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"plain", "SCRAM-SHA-256", "scram-sha-512"} {
		reach := security.Security{SASL: login(t, mechanism), TLS: &tls.Config{}}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			text := fmt.Sprintf(verb, reach) + fmt.Sprintf(verb, reach.SASL) + fmt.Sprintf(verb, struct{ Reach any }{reach.SASL})
			if strings.Contains(text, "sesame") {
				t.Errorf("%s prints %s", verb, text)
			}
		}
		want := "TLS, user ada by " + strings.ToUpper(mechanism)
		if got := reach.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (security.Security{}).String(); got != "in clear" {
		t.Errorf("the zero value is %q", got)
	}
}

func TestLoginsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		login security.Login
		want  string
	}{
		{security.Login{Mechanism: "gssapi", Username: "u", Password: "p"}, `"gssapi" is no mechanism; there are: scram-sha-512, scram-sha-256, plain`},
		{security.Login{Mechanism: "plain", Username: "u"}, "needs a username and a password"},
		{security.Login{Mechanism: "plain", Password: "p"}, "needs a username and a password"},
		{security.Login{Mechanism: "scram-sha-256", Username: "u", Password: "\u0007bell"}, "a letter in the username or the password that cannot stand there"},
	} {
		_, err := security.NewSASL(test.login)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "bell") {
			t.Errorf("%+v gives %v, want %s", test.login, err, test.want)
		}
	}
}

func TestFilesThatCannotBe(t *testing.T) {
	t.Parallel()
	_, good := certificate.Loopback(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		files security.Certificates
		want  string
	}{
		{security.Certificates{CA: "/no/such/ca.pem"}, "/no/such/ca.pem: no such file"},
		{security.Certificates{CA: empty}, empty + " holds no certificate"},
		{security.Certificates{Cert: good.Cert}, "needs both its files"},
		{security.Certificates{Key: good.Key}, "needs both its files"},
		{security.Certificates{Cert: good.Cert, Key: empty}, "read our certificate " + good.Cert},
	} {
		if _, err := security.NewTLS(test.files); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v gives %v, want %s", test.files, err, test.want)
		}
	}
}

// answering listens on loopback and does with each connection what it is told.
func answering(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				answer(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// contact asks a broker for its topics, and gives the fault.
func contact(ctx context.Context, reach security.Security, address string) error {
	transport := reach.Transport("test")
	defer transport.CloseIdleConnections()
	_, err := (&kafka.Client{Addr: kafka.TCP(address), Transport: transport}).Metadata(ctx, &kafka.MetadataRequest{})
	return security.Explain(reach.Suspect(err))
}

func TestFaultsOfTLSSayWhatToDo(t *testing.T) {
	t.Parallel()
	pair, files := certificate.Loopback(t)
	handshake := func(config *tls.Config) func(net.Conn) {
		return func(conn net.Conn) {
			server := tls.Server(conn, config)
			if server.HandshakeContext(context.Background()) == nil {
				_, _ = io.Copy(io.Discard, server)
			}
		}
	}
	speaksTLS := handshake(&tls.Config{Certificates: []tls.Certificate{pair}})
	trusting := trust(t, security.Certificates{CA: files.CA})
	for _, test := range []struct {
		name    string
		answer  func(net.Conn)
		reach   security.Security
		want    string
		refused bool
	}{
		{"not trusted", speaksTLS, security.Security{TLS: trust(t, security.Certificates{})}, "kafka.tls.ca", true},
		{"another name", speaksTLS, security.Security{TLS: trust(t, security.Certificates{CA: files.CA, ServerName: "kafka.example.org"})}, "kafka.tls.server_name", true},
		{"speaks no TLS, and answers", func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") }, security.Security{TLS: trusting}, "leave out kafka.tls", true},
		{"speaks no TLS, and ends", func(net.Conn) {}, security.Security{TLS: trusting}, "perhaps it speaks no TLS at this port", false},
		{
			"wants a certificate", handshake(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}),
			security.Security{TLS: trusting}, "kafka.tls.cert and kafka.tls.key", true,
		},
		{
			"wants an older TLS", handshake(&tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}),
			security.Security{TLS: trusting}, "Kafka refuses our part of TLS", true,
		},
		{"spoken to in clear", speaksTLS, security.Security{}, "set kafka.tls", false},
		{"spoken to in clear, with a password", speaksTLS, security.Security{SASL: login(t, "plain")}, "set kafka.tls", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := contact(t.Context(), test.reach, answering(t, test.answer))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want in it %q", err, test.want)
			}
			if security.Refused(err) != test.refused {
				t.Errorf("refused: %v, want %v: %v", security.Refused(err), test.refused, err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string // in the advice; "" for what is no refusal
	}{
		{fmt.Errorf("log in: %w", kafka.SASLAuthenticationFailed), "password_env or password_file under kafka.sasl"},
		{kafka.UnsupportedSASLMechanism, "another kafka.sasl.mechanism"},
		{kafka.IllegalSASLState, "leave out kafka.sasl"},
		{io.EOF, ""},
		{io.ErrUnexpectedEOF, ""},
		{syscall.ECONNREFUSED, ""},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, ""},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, "kafka.tls.cert"},
		{kafka.NotLeaderForPartition, ""},
		{nil, ""},
	} {
		if got := security.Refused(test.err); got != (test.want != "") {
			t.Errorf("%v: refused is %v", test.err, got)
		}
		told := security.Explain(test.err)
		if test.want == "" && !errors.Is(told, test.err) || test.want != "" && !strings.Contains(told.Error(), test.want) {
			t.Errorf("%v: told as %v", test.err, told)
		}
	}
}

func TestAnswerThatDoesNotHoldIsARefusal(t *testing.T) {
	t.Parallel()
	steps, _, err := login(t, "scram-sha-512").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// One round of hashing would lay the password open to whoever asks for it.
	_, _, err = steps.Next(t.Context(), []byte("r=weak,s=c2FsdA==,i=1"))
	if !security.Refused(err) {
		t.Errorf("error %v", err)
	}
}
