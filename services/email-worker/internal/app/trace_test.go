package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx/servicetest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing/tracingtest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/app"
)

// newMoodyMailgun returns a stand-in for Mailgun that goes wrong by recipient: once each,
// it breaks off or asks for a pause; some it always refuses, and quotes them.
func newMoodyMailgun(t *testing.T) *providertest.Server {
	var mu sync.Mutex
	seen := map[string]bool{}
	first := func(what string) bool {
		mu.Lock()
		defer mu.Unlock()
		was := seen[what]
		seen[what] = true
		return !was
	}
	return providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) {},
		Usual: func(w http.ResponseWriter, r *http.Request) {
			switch to := r.FormValue("to"); {
			case r.Method == http.MethodGet:
				item, id := "", r.FormValue("message-id")
				if !first(id) { // accepted, or asked about before
					item = fmt.Sprintf(`{"event": "accepted", "message": {"headers": {"message-id": %q}}}`, id)
				}
				_, _ = fmt.Fprintf(w, `{"items": [%s], "paging": {}}`, item)
			case strings.HasPrefix(to, "lost.") && first(to):
				panic(http.ErrAbortHandler)
			case strings.HasPrefix(to, "slow.") && first(to):
				w.Header().Set("Retry-After", "1")
				http.Error(w, `{"message": "too many requests for `+to+`"}`, http.StatusTooManyRequests)
			case strings.HasPrefix(to, "gone."):
				http.Error(w, `{"message": "'to' parameter is not a valid address: `+to+`. please check documentation"}`, http.StatusBadRequest)
			default:
				first(strings.Trim(r.FormValue("h:Message-Id"), "<>"))
				_, _ = fmt.Fprintf(w, `{"id": %q, "message": "Queued. Thank you."}`, r.FormValue("h:Message-Id"))
			}
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	})
}

// Whatever becomes of events, no span shows whom they are for, what they say, or a
// credential.
func TestTracesShowNoRecipient(t *testing.T) {
	kafka, mailgun := servicetest.NewKafka(t), newMoodyMailgun(t)
	env := environment(kafka.Bootstrap, mailgun.URL)
	env["MAILGUN_API_KEY"], env["MAILGUN_TIMEOUT_SECONDS"], env["MAILGUN_LOOKUP_API"] = "hunter2", "1", "events"
	env["RECONCILE_SETTLE_SECONDS"], env["RECONCILE_VISIBILITY_SECONDS"], env["BRAND_NAME"] = "0", "0", "Lindenhof"
	secrets := []string{"patient", "lind", "hunter2", "555010", "2031-07", "mg.clinic.example", "v3/", "/messages"}
	servicetest.Trace(t, env, secrets, func(spans []tracingtest.Span) {
		var names, outcomes []string
		for _, s := range spans {
			names = append(names, s.Name)
			if s.Name == "process appointments.created" {
				outcomes = append(outcomes, strings.Join(strings.Fields(s.Attributes["notifications.outcome"]+" "+s.Attributes["notifications.reason"]+" "+s.Attributes["error.type"]), " "))
			}
		}
		slices.Sort(outcomes)
		want := []string{"dead_lettered event.email", "dead_lettered event.json", "dead_lettered mailgun.400", "sent", "sent", "sent", "skipped already_sent"}
		if !slices.Equal(outcomes, want) {
			t.Errorf("outcomes %q, want %q", outcomes, want)
		}
		for _, name := range []string{
			"queue", "claim", "settle", "note", "call send", "call look_up", "wait doubt", "wait retry", "send notifications.outcomes", "send appointments.created.dlq",
		} {
			if !slices.Contains(names, name) {
				t.Errorf("no span is called %s", name)
			}
		}
	})
	worker := servicetest.Boot(t, env, app.Options)
	events := []string{"ok.lind@patients.example", "ok.lind@patients.example", "lost.lind@patients.example", "slow.lind@patients.example", "gone.lind@patients.example", "no lind"}
	for i, to := range events {
		id := fmt.Sprint("A-", max(i, 1))
		kafka.Publish(id, fmt.Sprintf(`{"appointment_id": %q, "time": "2031-07-06T12:30:00Z", "email": %q, "phone_e164": "+15550100001", "notify": {"email": true}}`, id, to), 0,
			kgo.RecordHeader{Key: "traceparent", Value: fmt.Appendf(nil, "00-%032x-%016x-01", i+1, i+1)}, kgo.RecordHeader{Key: "patient", Value: []byte(to)})
	}
	kafka.Publish("lind@patients.example", `{"email": "lind@patients.example"`, 0, kgo.RecordHeader{Key: "traceparent", Value: []byte("lind@patients.example")})
	worker.AwaitOutcomes(int64(len(events)) + 1)
	if _, status := worker.Get("/status"); !strings.Contains(status, `"traces"`) || !strings.Contains(status, "ParentBased") {
		t.Errorf("the status does not tell of traces: %s", status)
	}
}
