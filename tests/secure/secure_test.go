package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func TestTheSecuredSystemDeliversWithLeastRights(t *testing.T) {
	s := newStack(t)
	if said := s.once("rights", 0); !strings.Contains(said, "+ email-worker   user with SCRAM-SHA-512\n") {
		t.Errorf("rights ensure says\n%s", said)
	}
	if said := s.once("rights", 0); strings.ContainsAny(strings.Join(signs(said), ""), "+~-?!") {
		t.Errorf("the second rights ensure says\n%s", said)
	}
	s.once("topics", 0)
	inbox, address := serveProvider(t)
	worker := s.worker(address)
	django := s.client("django", true, scram.Auth{User: "django", Pass: s.read("django")}.AsSha512Mechanism())
	s.publish(django, 0, 50)
	s.await(inbox, 50)
	// Its rights are enough to see how far the whole group is.
	harness.Await(t, time.Minute, "the lag as a metric", func() bool {
		_, metrics := worker.Health("/metrics")
		behind, measured := total(t, metrics, "notifications_lag_records")
		committed, _ := total(t, metrics, "notifications_committed_offset")
		return measured && behind == 0 && committed == 50
	})

	t.Run("strangers are refused", func(t *testing.T) {
		here := *s
		here.T = t
		here.refusesStrangers()
	})

	// The password is changed while events come in: the old worker goes on with the
	// connections that it has, the new one has the new password.
	old := s.read("email-worker")
	if err := os.Remove(s.secret("email-worker")); err != nil {
		t.Fatal(err)
	}
	s.make()
	if s.read("email-worker") == old || s.read("django") == "" {
		t.Fatal("the password was not changed")
	}
	s.publish(django, 50, 50)
	if said := s.once("rights", 0); !strings.Contains(said, "~ email-worker   password\n") {
		t.Errorf("rights ensure says\n%s", said)
	}
	s.publish(django, 100, 50)
	if code, _ := worker.Terminate(30 * time.Second); code != 0 {
		t.Errorf("the worker ended with %d", code)
	}
	s.publish(django, 150, 50)
	s.worker(address)
	s.await(inbox, 200)
	if email := inbox.Stats().Email; email.Accepted != 200 || email.Doubled != 0 {
		t.Errorf("accepted %d, doubled %d", email.Accepted, email.Doubled)
	}
	if err := s.client("", true, scram.Auth{User: "email-worker", Pass: old}.AsSha512Mechanism()).Ping(t.Context()); err == nil {
		t.Error("the old password is still good")
	}
}

// refusesStrangers tries every way in without a user's password.
func (s *stack) refusesStrangers() {
	for what, client := range map[string]*kgo.Client{
		"without TLS and user":    s.client("", false, nil),
		"without TLS":             s.client("", false, scram.Auth{User: "django", Pass: s.read("django")}.AsSha512Mechanism()),
		"without a user":          s.client("", true, nil),
		"with a wrong password":   s.client("", true, scram.Auth{User: "django", Pass: "guessed"}.AsSha512Mechanism()),
		"as nobody known":         s.client("", true, scram.Auth{User: "somebody", Pass: "guessed"}.AsSha512Mechanism()),
		"as the admin, guessing":  s.client("", true, plain.Auth{User: "admin", Pass: "guessed"}.AsMechanism()),
		"as a user, but by PLAIN": s.client("", true, plain.Auth{User: "django", Pass: s.read("django")}.AsMechanism()),
	} {
		if err := client.Ping(s.Context()); err == nil {
			s.Errorf("%s the broker answers", what)
		}
	}
	// Let in, but not to write what is not theirs.
	django := s.client("", true, scram.Auth{User: "django", Pass: s.read("django")}.AsSha512Mechanism())
	err := django.ProduceSync(s.Context(), &kgo.Record{Topic: "notifications.email.ledger", Value: []byte("x")}).FirstErr()
	if err == nil || !strings.Contains(err.Error(), "AUTHORIZATION_FAILED") {
		s.Errorf("django writes the ledger: %v", err)
	}
}

// client connects like Django does, with the files that the script made.
func (s *stack) client(name string, encrypted bool, mechanism sasl.Mechanism) *kgo.Client {
	s.Helper()
	opts := []kgo.Opt{kgo.SeedBrokers(s.kafka), kgo.ClientID(name), kgo.RequestRetries(0), kgo.DialTimeout(5 * time.Second)}
	if encrypted {
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM([]byte(s.read("ca.pem")))
		opts = append(opts, kgo.DialTLSConfig(&tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}))
	}
	if mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(client.Close)
	return client
}

// total adds up what a metric says of the partitions of appointments.created.
func total(t *testing.T, metrics []byte, name string) (sum int, found bool) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^`+name+`{.*topic="appointments\.created"} (\d+)$`).FindAllSubmatch(metrics, -1) {
		n, err := strconv.Atoi(string(line[1]))
		if err != nil {
			t.Fatal(err)
		}
		sum, found = sum+n, true
	}
	return sum, found
}

func (s *stack) publish(client *kgo.Client, first, n int) {
	s.Helper()
	var records []*kgo.Record
	for i := range n {
		event := harness.NewEvent(fmt.Sprintf("a-%d", first+i))
		records = append(records, &kgo.Record{Topic: "appointments.created", Key: []byte(fmt.Sprint(event["appointment_id"])), Value: harness.JSON(event)})
	}
	if err := client.ProduceSync(s.Context(), records...).FirstErr(); err != nil {
		s.Fatal(err)
	}
}

// once runs a service that ends, with the command and the settings of its
// container.
func (s *stack) once(name string, want int) string {
	s.Helper()
	env, folder := s.environment(name)
	var args []string
	for _, arg := range s.services[name].Command {
		args = append(args, strings.ReplaceAll(arg, "/run/secrets", folder))
	}
	p := harness.Start(s, s.binaries.Path(s, "tools/notifyctl"), env, args...)
	if code := p.Wait(time.Minute); code != want {
		s.Fatalf("%s ended with %d:\n%s", name, code, p.Log())
	}
	for _, secret := range s.services[name].Secrets {
		if strings.Contains(p.Log(), s.read(secret.Source)) {
			s.Errorf("%s shows the secret %s", name, secret.Source)
		}
	}
	return p.Log()
}

// signs returns how the lines of a diff begin.
func signs(diff string) (all []string) {
	for line := range strings.Lines(diff) {
		all = append(all, line[:1])
	}
	return all
}

func (s *stack) worker(provider string) *harness.Process {
	s.Helper()
	env, _ := s.environment("email-worker")
	env["MAILGUN_API_BASE_URL"] = provider
	return harness.Start(s, s.binaries.Path(s, "services/email-worker"), env)
}

func (s *stack) await(inbox *sandbox.Sandbox, accepted int) {
	s.Helper()
	harness.Await(s, time.Minute, fmt.Sprintf("%d e-mails", accepted), func() bool { return inbox.Stats().Email.Accepted >= accepted })
}

func serveProvider(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	inbox, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(inbox)
	t.Cleanup(func() {
		_ = inbox.Close()
		server.Close()
	})
	return inbox, server.URL
}
