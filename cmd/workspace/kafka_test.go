package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/cmd/workspace"
	"parley/pipelines/broker/security/certificate"
)

func open(t *testing.T, dir string) *workspace.Workspace {
	t.Helper()
	ws, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func TestKafkaIsReachedInClearUnlessSaid(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"", `kafka: {brokers: ["kafka:9092"]}`, `kafka: {brokers: ["kafka:9092"], tls: false}`} {
		reach, err := open(t, write(t, config)).KafkaSecurity()
		if err != nil || reach.TLS != nil || reach.SASL != nil {
			t.Errorf("%q: %v, %v", config, reach, err)
		}
	}
}

func TestPasswordOfKafkaComesFromTheEnvironment(t *testing.T) {
	dir := write(t, `kafka: {brokers: ["kafka:9092"], tls: true, sasl: {mechanism: plain, username: ada, password_env: TEST_KAFKA_PASSWORD}}`)
	if _, err := open(t, dir).KafkaSecurity(); err == nil || !strings.Contains(err.Error(), "parley.yaml:1:99: the environment variable") {
		t.Errorf("without the variable: %v", err)
	}
	t.Setenv("TEST_KAFKA_PASSWORD", "open sesame")
	reach, err := open(t, dir).KafkaSecurity()
	if err != nil || reach.String() != "TLS, user ada by PLAIN" {
		t.Errorf("%v, %v", reach, err)
	}
	if reach.TLS.RootCAs != nil {
		t.Error("`tls: true` does not trust whom the machine trusts")
	}
}

func TestFilesOfKafkaLieInTheWorkspace(t *testing.T) {
	t.Parallel()
	_, files := certificate.Loopback(t)
	dir := write(t, `
kafka:
  brokers: ["kafka:9092"]
  tls: {ca: secret/cert.pem, cert: secret/cert.pem, key: secret/key.pem, server_name: kafka.example.com}
  sasl: {mechanism: SCRAM-SHA-512, username: ada, password_file: secret/password}
`)
	if err := os.Rename(filepath.Dir(files.Cert), filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(dir, "secret", "password")
	for _, test := range []struct{ content, want string }{
		{"", "parley.yaml:5:66: read Kafka's password: open " + password},
		{"\n", "which is to hold Kafka's password, is empty"},
		{"open sesame\r\n", ""},
	} {
		if test.content != "" {
			if err := os.WriteFile(password, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		reach, err := open(t, dir).KafkaSecurity()
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q: %v, want %s", test.content, err, test.want)
			}
			continue
		}
		if err != nil || reach.String() != "TLS with a certificate of our own, user ada by SCRAM-SHA-512" || reach.TLS.ServerName != "kafka.example.com" || reach.TLS.RootCAs == nil {
			t.Errorf("%v, %v", reach, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "secret", "key.pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).KafkaSecurity(); err == nil || !strings.Contains(err.Error(), "parley.yaml:4:8: read our certificate") {
		t.Errorf("without the key: %v", err)
	}
}
