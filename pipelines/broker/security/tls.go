package security

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Certificates are TLS's files, as PEM, and whom to expect. The zero value
// trusts the authorities that the machine trusts, and shows no certificate.
type Certificates struct {
	// CA is the file of the authorities that may have signed a broker's
	// certificate: these alone. Zero: those that the machine trusts.
	CA string
	// Cert and Key are the files of our own certificate, which a broker may ask
	// for. They are read at each connection: they may be renewed while we run.
	Cert, Key string
	// ServerName is whom every broker's certificate must name. Zero: the host
	// that is connected to, which is the safer.
	ServerName string
}

// NewTLS reads the files. An error names the file.
func NewTLS(files Certificates) (*tls.Config, error) {
	config := &tls.Config{ServerName: files.ServerName, MinVersion: tls.VersionTLS12}
	if files.CA != "" {
		text, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificates of the authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate; give a file in PEM, which begins -----BEGIN CERTIFICATE-----", files.CA)
		}
	}
	if (files.Cert == "") != (files.Key == "") {
		return nil, errors.New("a certificate of our own needs both its files, the certificate and its key")
	}
	if files.Cert != "" {
		own := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
			if err != nil {
				return nil, fmt.Errorf("read our certificate %s and its key %s: %w", files.Cert, files.Key, err)
			}
			return &pair, nil
		}
		if _, err := own(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = own
	}
	return config, nil
}
