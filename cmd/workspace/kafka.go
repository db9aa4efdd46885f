package workspace

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"parley/pipelines/broker/security"
	"parley/pipelines/yamlfile"
)

// Kafka says where records come in.
type Kafka struct {
	Brokers     []string `yaml:"brokers"`      // host:port; default: a broker in the process
	TopicPrefix string   `yaml:"topic_prefix"` // default "parley."
	TLS         TLS      `yaml:"tls"`          // true, or its files; default: in clear
	SASL        SASL     `yaml:"sasl"`         // who we are; default: nobody
}

// TLS says whom to trust and whom to be. In the file it is true, false or the
// keys below; a file's path starts at the workspace's folder.
type TLS struct {
	On         bool   `yaml:"-"`
	CA         string `yaml:"ca"`          // PEM, the authorities that may have signed the brokers'; default: the machine's
	Cert       string `yaml:"cert"`        // PEM, our own certificate, for brokers that ask for one
	Key        string `yaml:"key"`         // PEM, and its key
	ServerName string `yaml:"server_name"` // whom the brokers' certificates name; default: the host of each
}

// UnmarshalYAML reads true, false or the keys.
func (t *TLS) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&t.On) == nil {
		return nil
	}
	type keys TLS
	t.On = true
	return unmarshal((*keys)(t))
}

// SASL is a login.
type SASL struct {
	Mechanism      string `yaml:"mechanism"` // one of security.Mechanisms
	Username       string `yaml:"username"`
	PasswordEnv    string `yaml:"password_env"`     // the environment variable that holds the password, or
	PasswordFile   string `yaml:"password_file"`    // the file that does
	Password       any    `yaml:"password"`         // refused: the file is kept in git
	AllowClearText bool   `yaml:"allow_clear_text"` // the plain mechanism without TLS, beyond this machine; default false
}

func (k *Kafka) validate(file *yamlfile.File, fault func(path, format string, args ...any)) {
	for i, broker := range k.Brokers {
		if _, _, err := net.SplitHostPort(broker); err != nil {
			fault(fmt.Sprintf("$.kafka.brokers[%d]", i), "%q is no broker; write host:port, as kafka.example.com:9092", broker)
		}
	}
	if !regexp.MustCompile(`^[a-zA-Z0-9._-]+$`).MatchString(k.TopicPrefix) {
		fault("$.kafka.topic_prefix", "%q cannot begin a topic's name; use letters, digits, '.', '_' and '-'", k.TopicPrefix)
	}
	for _, key := range []string{"tls", "sasl"} {
		if file.Empty("$.kafka." + key) {
			fault("$.kafka."+key, "%s stands here without a value; give it one, or leave it out", key)
		}
	}
	if len(k.Brokers) == 0 && (k.TLS.On || k.SASL != SASL{}) {
		fault("$.kafka", "tls and sasl are for a Kafka of your own; name it by brokers")
	}
	if (k.TLS.Cert == "") != (k.TLS.Key == "") {
		fault("$.kafka.tls", "a certificate of our own needs both cert and key")
	}
	k.validateLogin(fault)
}

// envName is what a shell can set. What has another form may be the password
// itself: it is not repeated.
var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (k *Kafka) validateLogin(fault func(path, format string, args ...any)) {
	login := k.SASL
	if login == (SASL{}) {
		return
	}
	if login.Password != nil {
		fault("$.kafka.sasl.password", "a password does not belong into a file that is kept in git; write password_env: KAFKA_PASSWORD and set that variable, or password_file; if it was committed before, change it")
		return
	}
	if !slices.Contains(security.Mechanisms, strings.ToLower(login.Mechanism)) {
		fault("$.kafka.sasl.mechanism", "%q is no mechanism; write one of %s", login.Mechanism, strings.Join(security.Mechanisms, ", "))
	}
	if login.Username == "" {
		fault("$.kafka.sasl", "username is missing")
	}
	switch {
	case (login.PasswordEnv == "") == (login.PasswordFile == ""):
		fault("$.kafka.sasl", "say where the password is: by password_env, the name of an environment variable, or by password_file")
	case login.PasswordEnv != "" && !envName.MatchString(login.PasswordEnv):
		fault("$.kafka.sasl.password_env", "this is no name of an environment variable; write the name, as KAFKA_PASSWORD, not the password")
	}
	if strings.EqualFold(login.Mechanism, "plain") && !k.TLS.On && !login.AllowClearText {
		for i, broker := range k.Brokers {
			if host, _, err := net.SplitHostPort(broker); err == nil && host != "localhost" && !net.ParseIP(host).IsLoopback() {
				fault(fmt.Sprintf("$.kafka.brokers[%d]", i), "the password would go to %s for everybody on the way to read, as plain without TLS sends it; set tls, or take mechanism scram-sha-512; on a network that nobody else is on, allow_clear_text: true under sasl", broker)
			}
		}
	}
}

// KafkaSecurity reads the files and the password that parley.yaml names for
// Kafka. A fault has its place there; the password is in no error.
func (w *Workspace) KafkaSecurity() (security.Security, error) {
	var made security.Security
	var err error
	if files := w.Config.Kafka.TLS; files.On {
		made.TLS, err = security.NewTLS(security.Certificates{
			CA: w.resolveGiven(files.CA), Cert: w.resolveGiven(files.Cert), Key: w.resolveGiven(files.Key), ServerName: files.ServerName,
		})
		if err != nil {
			return security.Security{}, w.file.Errorf("$.kafka.tls", "%w", err)
		}
	}
	if login := w.Config.Kafka.SASL; login != (SASL{}) {
		password, err := w.password(login)
		if err != nil {
			return security.Security{}, err
		}
		made.SASL, err = security.NewSASL(security.Login{
			Mechanism: login.Mechanism, Username: login.Username, Password: password, AllowClearText: login.AllowClearText,
		})
		if err != nil {
			return security.Security{}, w.file.Errorf("$.kafka.sasl", "%w", err)
		}
	}
	return made, nil
}

func (w *Workspace) resolveGiven(path string) string {
	if path == "" {
		return ""
	}
	return w.Resolve(path)
}

func (w *Workspace) password(login SASL) (string, error) {
	if login.PasswordEnv != "" {
		password := os.Getenv(login.PasswordEnv)
		if password == "" {
			return "", w.file.Errorf("$.kafka.sasl.password_env", "the environment variable of this name, which is to hold Kafka's password, is not set")
		}
		return password, nil
	}
	text, err := os.ReadFile(w.Resolve(login.PasswordFile))
	if err != nil {
		return "", w.file.Errorf("$.kafka.sasl.password_file", "read Kafka's password: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n") // which an editor puts at the end
	if password == "" {
		return "", w.file.Errorf("$.kafka.sasl.password_file", "the file %s, which is to hold Kafka's password, is empty", login.PasswordFile)
	}
	return password, nil
}
