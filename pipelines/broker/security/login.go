package security

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Mechanisms are the ways to show a password, the best first.
var Mechanisms = []string{"scram-sha-512", "scram-sha-256", "plain"}

// Login is who we are.
type Login struct {
	Mechanism string // one of Mechanisms, in any case
	Username  string
	Password  string
	// AllowClearText lets PLAIN send the password over a connection that is
	// neither encrypted nor on this machine, where others can read it.
	AllowClearText bool
}

// NewSASL makes the login of every connection. What it returns says who and by
// which mechanism when it is printed, and never the password.
func NewSASL(login Login) (sasl.Mechanism, error) {
	if login.Username == "" || login.Password == "" {
		return nil, errors.New("a login needs a username and a password, and one of them is empty")
	}
	made := &mechanism{username: login.Username, allowed: login.AllowClearText}
	var err error
	switch strings.ToLower(login.Mechanism) {
	case "plain":
		made.Mechanism = plain.Mechanism{Username: login.Username, Password: login.Password}
	case "scram-sha-256":
		made.Mechanism, err = scram.Mechanism(scram.SHA256, login.Username, login.Password)
	case "scram-sha-512":
		made.Mechanism, err = scram.Mechanism(scram.SHA512, login.Username, login.Password)
	default:
		return nil, fmt.Errorf("%q is no mechanism; there are: %s", login.Mechanism, strings.Join(Mechanisms, ", "))
	}
	if err != nil { // which repeats the password
		return nil, fmt.Errorf("log in as %s by %s: there is a letter in the username or the password that cannot stand there", login.Username, login.Mechanism)
	}
	return made, nil
}

// mechanism is a library's mechanism that keeps its secret to itself.
type mechanism struct {
	sasl.Mechanism
	username string
	allowed  bool // to send the password in clear
}

// bares says whether the mechanism needs an encrypted connection.
func (m *mechanism) bares() bool { return m.Name() == "PLAIN" && !m.allowed }

// String names who and how.
func (m *mechanism) String() string { return fmt.Sprintf("user %s by %s", m.username, m.Name()) }

// GoString is String: what is printed to find a fault holds no secret either.
func (m *mechanism) GoString() string { return m.String() }

// Start begins to show the password on one connection.
func (m *mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	steps, first, err := m.Mechanism.Start(ctx)
	return exchange{steps}, first, err
}

// exchange is one connection's login.
type exchange struct{ sasl.StateMachine }

// Next makes of an answer that does not hold a refusal: whoever gives it does
// not know the password.
func (e exchange) Next(ctx context.Context, challenge []byte) (bool, []byte, error) {
	done, answer, err := e.StateMachine.Next(ctx, challenge)
	if err != nil {
		err = fmt.Errorf("%w: the broker's answer does not hold: %w", kafka.SASLAuthenticationFailed, err)
	}
	return done, answer, err
}
