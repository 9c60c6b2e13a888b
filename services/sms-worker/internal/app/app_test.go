package app_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx/servicetest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/app"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

// refuseCalls listens where no call is expected, and counts the connections.
func refuseCalls(t *testing.T) (addr string, calls *atomic.Int32) {
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
	addr, calls := refuseCalls(t)
	worker := servicetest.Boot(t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": addr, "TWILIO_API_BASE_URL": "http://" + addr}, app.Options)
	for path, want := range map[string]string{
		"/livez":   `"ok": true`,
		"/readyz":  `"ok": true`,
		"/status":  "SMS_WORKER_ENABLED=false",
		"/metrics": `notifications_idle{channel="sms"} 1`,
	} {
		code, body := worker.Get(path)
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s answers %d without %q: %s", path, code, want, body)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d connections to Kafka or Twilio", n)
	}
}

func TestEnabledItNeedsItsCredentials(t *testing.T) {
	_, _, err := config.Load[settings.SMSWorker](config.Env{"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "SMS_WORKER_ENABLED": "true"})
	for _, name := range []string{"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_PHONE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not asked for: %v", name, err)
		}
	}
}

// enabled is an environment with all that a worker needs which may send.
func enabled(kafka, twilio string) config.Env {
	return config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": kafka, "SMS_WORKER_ENABLED": "true",
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": "token", "TWILIO_FROM_PHONE": "+18885550100",
		"TWILIO_API_BASE_URL": twilio, "TWILIO_RATE_PER_SECOND": "0",
	}
}

func TestTheWorkerIsWired(t *testing.T) {
	servicetest.Validate(t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}, app.Options)
	servicetest.Validate(t, enabled("kafka.example:9092", "https://twilio.example"), app.Options)
}

// newTwilio returns a stand-in for Twilio and the count of what it has accepted.
func newTwilio(t *testing.T) (server *providertest.Server, accepted *atomic.Int32) {
	t.Helper()
	accepted = new(atomic.Int32)
	return providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) { accepted.Add(1) },
		Usual: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"sid": "SM0123456789abcdef0123456789abcdef"}`)
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	}), accepted
}

// publish writes an event that was published some time ago, for an appointment
// some time from now.
func publish(kafka *servicetest.Kafka, id int, sms bool, ago, ahead time.Duration) {
	kafka.Publish(fmt.Sprintf("A-%d", id), fmt.Sprintf(
		`{"appointment_id": "A-%d", "time": %q, "phone_e164": "+1555010%04d", "notify": {"sms": %t}}`,
		id, time.Now().Add(ahead).Format(time.RFC3339), id, sms,
	), ago)
}

func TestEnabledLaterItSendsWhatIsStillWorthSending(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	twilio, accepted := newTwilio(t)
	const day = 24 * time.Hour
	publish(kafka, 1, true, 0, day)            // sent
	publish(kafka, 2, true, 20*time.Hour, day) // sent
	publish(kafka, 3, false, 0, day)           // not requested
	publish(kafka, 4, true, 0, -time.Hour)     // past
	publish(kafka, 5, true, 3*day, day)        // too old
	worker := servicetest.Boot(t, enabled(kafka.Bootstrap, twilio.URL), app.Options)
	if got, want := worker.AwaitOutcomes(5), (servicetest.Outcomes{Sent: 2, Skipped: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	_, metrics := worker.Get("/metrics")
	for _, reason := range []string{"not_requested", "appointment_past", "event_too_old"} {
		if !counted(metrics, `notifications_total{channel="sms"`, fmt.Sprintf("reason=%q", reason)) {
			t.Errorf("the metrics do not count one skip with %s", reason)
		}
	}
	if accepted.Load() != 2 || twilio.Requests() != 2 {
		t.Errorf("Twilio got %d requests and accepted %d messages", twilio.Requests(), accepted.Load())
	}
}

// counted reports whether the series with this name and label stands at 1.
func counted(metrics, name, label string) bool {
	for line := range strings.Lines(metrics) {
		has := func(part string) bool { return strings.Contains(line, part) }
		if has(name) && has(label) && strings.HasSuffix(line, " 1\n") {
			return true
		}
	}
	return false
}

func TestAnUnknownZoneIsSentAndSaid(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	twilio, accepted := newTwilio(t)
	for i, zone := range []string{"Europe/Atlantis", "Europe/Berlin"} {
		kafka.Publish(fmt.Sprint(i), fmt.Sprintf(
			`{"appointment_id": "%d", "time": "2031-07-06T12:30:00-03:00", "timezone": %q, "phone_e164": "+15550100001", "notify": {"sms": true}}`, i, zone), 0)
	}
	worker := servicetest.Boot(t, enabled(kafka.Bootstrap, twilio.URL), app.Options)
	if got, want := worker.AwaitOutcomes(2), (servicetest.Outcomes{Sent: 2}); got != want || accepted.Load() != 2 {
		t.Errorf("%+v, want %+v; %d accepted", got, want, accepted.Load())
	}
	_, metrics := worker.Get("/metrics")
	for _, code := range []string{"record.timezone", "record.offset"} {
		if !counted(metrics, `notifications_alerts_total{channel="sms"`, fmt.Sprintf("code=%q", code)) {
			t.Errorf("%s is not raised once", code)
		}
	}
}
