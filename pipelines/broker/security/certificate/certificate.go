// Package certificate gives tests a certificate for 127.0.0.1, and the files in
// which a person would have it.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"parley/pipelines/broker/security"
)

// Loopback is a certificate that has signed itself, for servers and clients, and
// its files in a folder of the test's: CA and Cert are the same one.
func Loopback(t testing.TB) (tls.Certificate, security.Certificates) {
	t.Helper()
	server := httptest.NewTLSServer(nil) // has one for its own tests' sake
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := security.Certificates{Cert: write("cert.pem", "CERTIFICATE", pair.Certificate[0]), Key: write("key.pem", "PRIVATE KEY", key)}
	files.CA = files.Cert
	return pair, files
}
