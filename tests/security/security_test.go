package security

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

type settings map[string]string

func (s settings) with(more settings) settings {
	merged := maps.Clone(s)
	maps.Copy(merged, more)
	return merged
}

func scram() settings {
	return settings{
		"KAFKA_BOOTSTRAP_SERVERS": broker.saslSSL, "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_TLS_CA_FILE": broker.caFile,
		"KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_USERNAME": admin, "KAFKA_SASL_PASSWORD": adminPassword,
	}
}

// notifyctl runs one command and returns its exit code and what it said.
func notifyctl(t *testing.T, s settings, args ...string) (int, string) {
	t.Helper()
	p := harness.Start(t, binaries.Path(t, "tools/notifyctl"), s, args...)
	code := p.Wait(time.Minute)
	return code, p.Log()
}

func TestEveryProtocolAndMechanismIsServed(t *testing.T) {
	passwordFile := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(passwordFile, []byte(adminPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]settings{
		"SCRAM-SHA-512 with TLS":    scram(),
		"SCRAM-SHA-256 with TLS":    scram().with(settings{"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}),
		"PLAIN with TLS":            scram().with(settings{"KAFKA_SASL_MECHANISM": "PLAIN"}),
		"SCRAM-SHA-512 without TLS": scram().with(settings{"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_BOOTSTRAP_SERVERS": broker.saslPlain}),
		"TLS only":                  {"KAFKA_BOOTSTRAP_SERVERS": broker.ssl, "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_TLS_CA_FILE": broker.caFile},
		"the password from a file":  scram().with(settings{"KAFKA_SASL_PASSWORD": "", "KAFKA_SASL_PASSWORD_FILE": passwordFile}),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if code, said := notifyctl(t, s, "topics", "ensure", "--dry-run", "--timeout", "20s"); code != 0 {
				t.Errorf("exit code %d:\n%s", code, said)
			}
		})
	}
}

// The error names the fault, and never contains the password.
func TestAWorkerThatTheBrokerRefusesSaysWhy(t *testing.T) {
	for what, c := range map[string]struct {
		settings settings
		want     []string
	}{
		"without credentials":      {settings{"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SASL_MECHANISM": "", "KAFKA_SASL_USERNAME": "", "KAFKA_SASL_PASSWORD": ""}, []string{"is SASL missing?"}},
		"without TLS":              {settings{"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}, []string{"TLS"}},
		"with a wrong password":    {settings{"KAFKA_SASL_PASSWORD": "not-the-password"}, []string{"invalid credentials with SASL mechanism SCRAM-SHA-512"}},
		"with an unknown user":     {settings{"KAFKA_SASL_USERNAME": "nobody"}, []string{"invalid credentials"}},
		"without the authority":    {settings{"KAFKA_TLS_CA_FILE": ""}, []string{"certificate signed by unknown authority"}},
		"without a password given": {settings{"KAFKA_SASL_PASSWORD": ""}, []string{"KAFKA_SASL_PASSWORD is required"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := workerSettings(t, "refused").with(c.settings)
			refused := harness.Start(t, binaries.Path(t, "services/email-worker"), s)
			harness.Await(t, 20*time.Second, "an error that says why", func() bool {
				for _, want := range c.want {
					if !strings.Contains(refused.Log(), want) {
						return false
					}
				}
				return true
			})
			for _, secret := range []string{adminPassword, "not-the-password"} {
				if strings.Contains(refused.Log(), secret) {
					t.Error("the log shows the password")
				}
			}
			if strings.Contains(refused.Log(), "lane open") {
				t.Error("the worker was let in")
			}
		})
	}
}

func workerSettings(t *testing.T, topic string) settings {
	t.Helper()
	return scram().with(settings{
		"KAFKA_TOPIC_APPOINTMENTS_CREATED": topic, "KAFKA_TOPIC_LEDGER": topic + ".ledger.{channel}", "KAFKA_TOPIC_OUTCOMES": topic + ".outcomes", "KAFKA_GROUP_ID": topic,
		"MAILGUN_API_KEY": "test-key", "MAILGUN_DOMAIN": "mg.clinic.example", "MAILGUN_FROM_EMAIL": "appointments@mg.clinic.example",
		"MAILGUN_API_BASE_URL": "http://127.0.0.1:1", "HEALTH_ADDR": "127.0.0.1:0", "LOG_FORMAT": "json",
	})
}
