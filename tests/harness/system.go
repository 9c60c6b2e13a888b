package harness

import (
	"cmp"
	"context"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// Kafka is what a system runs on: a broker, or a cluster of several.
type Kafka interface {
	// Addr returns the bootstrap servers of the programs under test.
	Addr() string
	Client(t testing.TB, opts ...kgo.Opt) *kgo.Client
	Admin(t testing.TB) *kadm.Client
}

// System is one system under test: its topics on a shared broker, its sandbox,
// and the processes that a test starts.
type System struct {
	T testing.TB
	// Broker is nil where the system runs on a cluster.
	Broker   *kafkatest.Broker
	Kafka    Kafka
	Binaries *Binaries
	Sandbox  *sandbox.Sandbox
	// Channel is the one that the methods below look at.
	Channel string
	// Source is the topic of appointments; the other names derive from it.
	Source, DLQ, Ledger, Replay, Group string
	// ProviderURL is the sandbox's address.
	ProviderURL string

	Admin  *kadm.Client
	Client *kgo.Client
	extra  map[string]string
}

// Config shapes a system.
type Config struct {
	Partitions int
	// Channel is e-mail where it is empty.
	Channel string
	Sandbox sandbox.Options
	// Provider, if set, stands between the workers and the sandbox.
	Provider func(http.Handler) http.Handler
	// Settings are added to every program's.
	Settings map[string]string
}

// New makes a system with topics of its own, created by `notifyctl topics
// ensure`.
func New(t testing.TB, broker *kafkatest.Broker, binaries *Binaries, cfg Config) *System {
	t.Helper()
	s := NewOn(t, broker, binaries, cfg)
	s.Broker = broker
	return s
}

// NewOn is New on any Kafka.
func NewOn(t testing.TB, kafka Kafka, binaries *Binaries, cfg Config) *System {
	t.Helper()
	name := kafkatest.Unique(t, "appointments")
	s := &System{
		T: t, Kafka: kafka, Binaries: binaries, Source: name, DLQ: name + ".dlq",
		Admin: kafka.Admin(t), Client: kafka.Client(t), extra: cfg.Settings,
	}
	s = s.View(cmp.Or(cfg.Channel, sandbox.Email))
	s.serve(cfg)
	if cfg.Partitions == 0 {
		cfg.Partitions = 6
	}
	s.extra = with(cfg.Settings, map[string]string{"KAFKA_TOPIC_PARTITIONS": itoa(cfg.Partitions)})
	ensure := Start(t, binaries.Path(t, "tools/notifyctl"), s.Settings(), "topics", "ensure")
	if code := ensure.Wait(3 * time.Minute); code != 0 {
		t.Fatalf("topics ensure ended with %d:\n%s", code, ensure.Log())
	}
	return s
}

// View returns the same system as another channel sees it.
func (s *System) View(channel string) *System {
	view := *s
	view.Channel = channel
	view.Ledger, view.Replay = s.Source+".ledger."+channel, s.Source+".replay."+channel
	view.Group = s.Source + "-" + channel
	return &view
}

// serve runs the sandbox on a loopback port until the test ends.
func (s *System) serve(cfg Config) {
	s.T.Helper()
	sb, err := sandbox.New(cfg.Sandbox)
	if err != nil {
		s.T.Fatal(err)
	}
	s.Sandbox = sb
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.T.Fatal(err)
	}
	handler := http.Handler(sb)
	if cfg.Provider != nil {
		handler = cfg.Provider(sb)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	s.ProviderURL = "http://" + listener.Addr().String()
	s.T.Cleanup(func() {
		_ = sb.Close()
		_ = server.Close()
	})
}

// Settings are the settings that all programs of this system share: the
// original system's names, the topics of this test, and short times where the
// defaults are made for real providers.
func (s *System) Settings() map[string]string {
	return with(map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS":          s.Kafka.Addr(),
		"KAFKA_TOPIC_APPOINTMENTS_CREATED": s.Source,
		"KAFKA_TOPIC_LEDGER":               s.Source + ".ledger.{channel}",
		"KAFKA_TOPIC_OUTCOMES":             s.Outcomes(),
		"MAILGUN_API_KEY":                  "test-key",
		"MAILGUN_DOMAIN":                   "mg.clinic.example",
		"MAILGUN_FROM_EMAIL":               "Clinic <appointments@mg.clinic.example>",
		"MAILGUN_API_BASE_URL":             s.ProviderURL,
		"SMS_WORKER_ENABLED":               "true",
		"TWILIO_ACCOUNT_SID":               "AC" + strings.Repeat("0", 32),
		"TWILIO_AUTH_TOKEN":                strings.Repeat("1", 32),
		"TWILIO_FROM_PHONE":                "+15550100000",
		"TWILIO_API_BASE_URL":              s.ProviderURL,
		"TWILIO_RATE_PER_SECOND":           "0",
		"MAILGUN_TIMEOUT_SECONDS":          "4",
		"TWILIO_TIMEOUT_SECONDS":           "4",
		"KAFKA_GROUP_ID":                   s.Group,
		"KAFKA_SESSION_TIMEOUT_SECONDS":    "3",
		"RECONCILE_SETTLE_SECONDS":         "1",
		"RECONCILE_VISIBILITY_SECONDS":     "1",
		"HEALTH_ADDR":                      "127.0.0.1:0",
		"CONSOLE_ADDR":                     "127.0.0.1:0",
		"LOG_FORMAT":                       "json",
	}, s.extra)
}

// Outcomes returns the name of the topic that tells what became of each event.
func (s *System) Outcomes() string { return s.Source + ".outcomes" }

// StartWorker runs a worker of the channel; settings overrule the system's.
func (s *System) StartWorker(settings map[string]string) *Process {
	s.T.Helper()
	return Start(s.T, s.Binaries.Path(s.T, s.WorkerPackage()), with(s.Settings(), settings))
}

// WorkerPackage returns the main package of the channel's worker.
func (s *System) WorkerPackage() string { return "services/" + s.Channel + "-worker" }

// with merges settings, the later ones first in rank.
func with(layers ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, l := range layers {
		maps.Copy(merged, l)
	}
	return merged
}

// Await waits until ok holds, looking every 50 ms, and fails the test after
// limit.
func Await(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// Topics lists the topics of this system that exist.
func (s *System) Topics() []string {
	s.T.Helper()
	all, err := s.Admin.ListTopics(s.T.Context())
	if err != nil {
		s.T.Fatal(err)
	}
	var names []string
	for _, name := range all.Names() {
		if strings.HasPrefix(name, s.Source) {
			names = append(names, name)
		}
	}
	return names
}
