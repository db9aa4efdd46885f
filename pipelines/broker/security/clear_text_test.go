package security

import (
	"net"
	"testing"
)

func TestPasswordStaysOnTheMachineOrIsEncrypted(t *testing.T) {
	t.Parallel()
	here, there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}
	for _, test := range []struct {
		mechanism string
		allowed   bool
		remote    net.Addr
		shown     bool
	}{
		{"plain", false, here, true},
		{"plain", false, &net.TCPAddr{IP: net.IPv6loopback}, true},
		{"plain", false, there, false},
		{"PLAIN", false, there, false},
		{"plain", true, there, true},
		{"scram-sha-256", false, there, true},
	} {
		login, err := NewSASL(Login{Mechanism: test.mechanism, Username: "u", Password: "p", AllowClearText: test.allowed})
		if err != nil {
			t.Fatal(err)
		}
		err = Security{SASL: login}.mayShow(test.remote)
		if (err == nil) != test.shown || err != nil && !Refused(err) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
