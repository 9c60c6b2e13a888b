package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaconf"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/app"
)

// boot runs the worker with exactly these variables until the test ends, and
// returns where its health is asked.
func boot(t *testing.T, env config.Env) *health.Server {
	t.Helper()
	env["HEALTH_ADDR"], env["LOG_LEVEL"] = "127.0.0.1:0", "error"
	cfg, _, err := config.Load[config.SMSWorker](env)
	if err != nil {
		t.Fatal(err)
	}
	var server *health.Server
	program := fx.New(fx.NopLogger, runtimefx.Module(cfg.Shared(), cfg.Program(), build.Info{Service: "sms-worker"}),
		app.Options(cfg), fx.Populate(&server))
	if err := program.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return server
}

func get(t *testing.T, server *health.Server, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// await waits until ok holds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// nobody counts the connections of those who call although they should not.
func nobody(t *testing.T) (addr string, calls *atomic.Int32) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = new(atomic.Int32)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		done.Wait()
	})
	return listener.Addr().String(), calls
}

func TestDisabledItIsHealthySaysWhyAndCallsNobody(t *testing.T) {
	addr, calls := nobody(t)
	server := boot(t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": addr, "TWILIO_API_BASE_URL": "http://" + addr})
	for path, want := range map[string]string{
		"/livez":   `"ok": true`,
		"/readyz":  `"ok": true`,
		"/status":  "SMS_WORKER_ENABLED=false",
		"/metrics": `notifications_idle{channel="sms"} 1`,
	} {
		code, body := get(t, server, path)
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s answers %d without %q: %s", path, code, want, body)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d connections to Kafka or Twilio", n)
	}
}

func TestEnabledItNeedsItsCredentials(t *testing.T) {
	_, _, err := config.Load[config.SMSWorker](config.Env{"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "SMS_WORKER_ENABLED": "true"})
	for _, name := range []string{"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_PHONE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not asked for: %v", name, err)
		}
	}
}

// system is an in-memory Kafka and a stand-in for Twilio.
type system struct {
	env    config.Env
	client *kgo.Client
	twilio *providertest.Server

	mu   sync.Mutex
	sent []string
}

func newSystem(t *testing.T) *system {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	s := &system{}
	s.twilio = providertest.NewServer(t, providertest.Answers{Accept: s.accept, Usual: created, Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {}})
	s.env = config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": strings.Join(cluster.ListenAddrs(), ","), "SMS_WORKER_ENABLED": "true",
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": "token", "TWILIO_FROM_PHONE": "+18885550100",
		"TWILIO_API_BASE_URL": s.twilio.URL, "TWILIO_RATE_PER_SECOND": "0",
	}
	if s.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	cfg, _, err := config.Load[config.Notifyctl](config.Env{"KAFKA_BOOTSTRAP_SERVERS": s.env["KAFKA_BOOTSTRAP_SERVERS"]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Ensure(t.Context(), kadm.NewClient(s.client), kafkaconf.Created(cfg.Topics, cfg.TopicCreation)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *system) accept(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, r.PostForm.Get("To"))
}

func created(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"sid": "SM1"}`)
}

// publish writes an event that was published some time ago, for an appointment
// some time from now.
func (s *system) publish(t *testing.T, id int, sms bool, ago, ahead time.Duration) {
	t.Helper()
	value := fmt.Appendf(nil, `{"appointment_id": "A-%d", "time": %q, "phone_e164": "+1555010%04d", "notify": {"sms": %t}}`,
		id, time.Now().Add(ahead).Format(time.RFC3339), id, sms)
	record := &kgo.Record{Topic: "appointments.created", Key: fmt.Appendf(nil, "A-%d", id), Value: value, Timestamp: time.Now().Add(-ago)}
	if err := s.client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// delivered returns the worker's own count of outcomes.
func delivered(t *testing.T, server *health.Server) (sent, skipped, dead int64) {
	t.Helper()
	_, body := get(t, server, "/status")
	var status struct {
		Components struct {
			Delivery []struct {
				Sent    int64 `json:"sent"`
				Skipped int64 `json:"skipped"`
				Dead    int64 `json:"dead_lettered"`
			} `json:"delivery"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil || len(status.Components.Delivery) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	d := status.Components.Delivery[0]
	return d.Sent, d.Skipped, d.Dead
}

func TestEnabledLaterItSendsWhatIsStillWorthSending(t *testing.T) {
	s := newSystem(t)
	const day = 24 * time.Hour
	s.publish(t, 1, true, 0, day)            // sent
	s.publish(t, 2, true, 20*time.Hour, day) // sent
	s.publish(t, 3, false, 0, day)           // not requested
	s.publish(t, 4, true, 0, -time.Hour)     // past
	s.publish(t, 5, true, 3*day, day)        // too old
	server := boot(t, s.env)
	await(t, "five outcomes", func() bool {
		sent, skipped, dead := delivered(t, server)
		return sent+skipped+dead == 5
	})
	if sent, skipped, dead := delivered(t, server); sent != 2 || skipped != 3 || dead != 0 {
		t.Errorf("sent %d, skipped %d, dead-lettered %d; want 2, 3 and 0", sent, skipped, dead)
	}
	_, metrics := get(t, server, "/metrics")
	for _, reason := range []string{"not_requested", "appointment_past", "event_too_old"} {
		if !counted(metrics, `notifications_total{channel="sms"`, fmt.Sprintf("reason=%q", reason)) {
			t.Errorf("the metrics do not count one skip with %s", reason)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) != 2 || s.twilio.Requests() != 2 {
		t.Errorf("Twilio got %d requests and sent to %d", s.twilio.Requests(), len(s.sent))
	}
}

// counted tells whether the series with this name and label stands at 1.
func counted(metrics, name, label string) bool {
	for line := range strings.Lines(metrics) {
		has := func(part string) bool { return strings.Contains(line, part) }
		if has(name) && has(label) && strings.HasSuffix(line, " 1\n") {
			return true
		}
	}
	return false
}
