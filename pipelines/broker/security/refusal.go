package security

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/segmentio/kafka-go"
)

// clearTextError says that a password was not sent, as others could have read it.
type clearTextError struct{ address string }

func (e *clearTextError) Error() string {
	return fmt.Sprintf("the password was not sent to %s: PLAIN shows it to everybody on the way", e.address)
}

// handshakeError is a fault of TLS's beginning.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

// Refused says whether err is a no, by Kafka to us or by us to Kafka: asking
// again will not help before somebody has changed a setting, a password or a
// certificate.
func Refused(err error) bool { return remedy(err) != "" }

// Explain adds to a refusal what to do about it. Another fault, and nil, is
// returned as it is.
func Explain(err error) error {
	if advice := remedy(err); advice != "" {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

// Suspect adds to a fault of the first contact with Kafka that is no refusal
// what may be wrong with the settings all the same: a broker that is spoken to
// in another way than it expects ends the connection and says nothing. Another
// fault, and nil, is returned as it is.
func (s Security) Suspect(err error) error {
	if err == nil || Refused(err) {
		return err
	}
	if suspicion := s.suspicion(err); suspicion != "" {
		return fmt.Errorf("%w; %s", err, suspicion)
	}
	return err
}

// remedy is what to do about a refusal; "" for what is none.
func remedy(err error) string {
	var clearText *clearTextError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &clearText):
		return "encrypt the connection by kafka.tls, or take a SCRAM mechanism; on a network that nobody else is on, set allow_clear_text: true under kafka.sasl"
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return "Kafka does not know this user by this password: see to username, mechanism and password_env or password_file under kafka.sasl"
	case errors.Is(err, kafka.UnsupportedSASLMechanism):
		return "Kafka takes another kafka.sasl.mechanism here: " + strings.Join(Mechanisms, ", ") + " are those that Parley has"
	case errors.Is(err, kafka.IllegalSASLState), errors.Is(err, kafka.SecurityDisabled):
		return "Kafka asks for no password at this port: leave out kafka.sasl, or name in kafka.brokers the port that does"
	}
	return remedyOfTLS(err)
}

func remedyOfTLS(err error) string {
	var (
		certificate *tls.CertificateVerificationError
		host        x509.HostnameError
		invalid     x509.CertificateInvalidError
		noTLS       tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &noTLS):
		return "what answers there speaks no TLS: leave out kafka.tls, or name in kafka.brokers the port that speaks it"
	case errors.As(err, &host):
		return "the broker's certificate has another name: write it so in kafka.brokers (and in Kafka's advertised.listeners), or name it by kafka.tls.server_name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the broker's certificate, if this machine's clock is right"
	case errors.As(err, &certificate):
		return "the broker's certificate is not signed by whom we trust: name the file of its authority by kafka.tls.ca"
	case isAlert(err):
		return "Kafka refuses our part of TLS: give a certificate that it trusts by kafka.tls.cert and kafka.tls.key"
	}
	return ""
}

// isAlert says whether the broker has refused us in TLS's own words. Their type
// is crypto/tls's own; other words than these may pass.
func isAlert(err error) bool {
	var fault *net.OpError
	if !errors.As(err, &fault) || fault.Op != "remote error" {
		return false
	}
	for _, word := range []string{"certificate", "handshake failure", "access denied", "protocol version", "insufficient security", "unrecognized name"} {
		if strings.Contains(fault.Err.Error(), word) {
			return true
		}
	}
	return false
}

// suspicion is what may be wrong where a broker is there but does not talk to us.
func (s Security) suspicion(err error) string {
	var handshake *handshakeError
	switch {
	case errors.As(err, &handshake) && (isEnd(err) || isTimeout(err)):
		return "perhaps it speaks no TLS at this port: then leave out kafka.tls, or name in kafka.brokers the port that speaks it"
	case !isEnd(err):
		return ""
	case s.TLS == nil && s.SASL == nil:
		return "perhaps it asks at this port for TLS or for a password: set kafka.tls and kafka.sasl"
	case s.TLS == nil:
		return "perhaps it asks at this port for TLS, set kafka.tls; or the password under kafka.sasl is wrong"
	case s.SASL == nil:
		return "perhaps it asks for a password: set kafka.sasl"
	}
	return "perhaps the password under kafka.sasl is wrong"
}

// isEnd says whether the broker has ended the connection.
func isEnd(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
