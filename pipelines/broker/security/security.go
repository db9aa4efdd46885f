// Package security is how Kafka's brokers are reached: in clear or by TLS, as
// somebody who has a password or a certificate, or as nobody. It also knows what
// a refusal means, and what to do about it. It does not know what is asked of
// Kafka, nor in which file the settings stand.
package security

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// Security is how each broker is reached. The zero value is a connection in
// clear, as nobody: that of the broker inside the process.
type Security struct {
	// TLS encrypts the connection; NewTLS makes it. Nil: in clear.
	TLS *tls.Config
	// SASL says who we are; NewSASL makes it. Nil: nobody, or whom the
	// certificate in TLS names.
	SASL sasl.Mechanism
}

const (
	// connectTimeout bounds one address, so that one of several that is silent
	// leaves time for the others.
	connectTimeout = 4 * time.Second
	// handshakeTimeout bounds TLS's own beginning: what speaks no TLS may wait
	// for more for ever.
	handshakeTimeout = 5 * time.Second
	// DialTimeout bounds the whole of a connection's beginning, over all addresses.
	DialTimeout = 10 * time.Second
)

// Transport connects clients of kafka-go. It must be closed by CloseIdleConnections.
func (s Security) Transport(clientID string) *kafka.Transport {
	return &kafka.Transport{ClientID: clientID, Dial: s.dial, SASL: s.SASL, DialTimeout: DialTimeout, IdleTimeout: 30 * time.Second}
}

// Dialer connects consumer groups of kafka-go.
func (s Security) Dialer(clientID string) *kafka.Dialer {
	return &kafka.Dialer{ClientID: clientID, DialFunc: s.dial, SASLMechanism: s.SASL, Timeout: DialTimeout}
}

// dial connects to one broker. TLS begins here and not in kafka-go, so that of
// several addresses one with a fault leads to the next, and the fault is told
// as what it is.
func (s Security) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if s.TLS == nil {
		if err := s.mayShow(conn.RemoteAddr()); err != nil {
			conn.Close()
			return nil, err
		}
	} else {
		if conn, err = s.encrypt(ctx, conn, address); err != nil {
			return nil, fmt.Errorf("TLS with %s: %w", address, err)
		}
	}
	if s.SASL != nil {
		conn = plainEnd{conn}
	}
	return conn, nil
}

func (s Security) encrypt(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	config := s.TLS.Clone()
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		config.ServerName = host
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	encrypted := tls.Client(conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, &handshakeError{err}
	}
	return encrypted, nil
}

// plainEnd is a connection that ends by an error that says no more than that:
// kafka-go takes io.EOF while a password is checked for a refusal, though the
// broker may just be ending. A broker that refuses says so.
type plainEnd struct{ net.Conn }

func (c plainEnd) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// mayShow is an error if on a connection in clear others could read the
// password. It is asked for each broker: Kafka itself names the others.
func (s Security) mayShow(remote net.Addr) error {
	login, ours := s.SASL.(*mechanism)
	if !ours || !login.bares() {
		return nil
	}
	if tcp, ok := remote.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return nil
	}
	return &clearTextError{address: remote.String()}
}

// String says it for a person: "TLS, user parley by SCRAM-SHA-512". It holds no secret.
func (s Security) String() string {
	text := "in clear"
	switch {
	case s.TLS == nil:
	case s.TLS.GetClientCertificate != nil || len(s.TLS.Certificates) > 0:
		text = "TLS with a certificate of our own"
	default:
		text = "TLS"
	}
	if s.SASL != nil {
		text += fmt.Sprintf(", %v", s.SASL)
	}
	return text
}
