package app_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx/servicetest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing/tracingtest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/app"
)

// newMoodyTwilio returns a stand-in for Twilio that breaks off once for one number, and
// refuses another one and quotes it. What it lists is empty.
func newMoodyTwilio(t *testing.T) *providertest.Server {
	var broken atomic.Bool
	return providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) {},
		Usual: func(w http.ResponseWriter, r *http.Request) {
			switch to := r.FormValue("To"); {
			case r.Method == http.MethodGet:
				_, _ = fmt.Fprintf(w, `{"messages": [], "page": 0, "page_size": 1000, "uri": %q, "next_page_uri": null}`, r.URL.String())
			case strings.HasSuffix(to, "2") && broken.CompareAndSwap(false, true):
				panic(http.ErrAbortHandler)
			case strings.HasSuffix(to, "3"):
				w.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(w, `{"code": 21211, "status": 400, "message": "The 'To' number %s is not a valid phone number."}`, to)
			default:
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, `{"sid": "SM00000000000000000000000000000001"}`)
			}
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	})
}

// Whatever becomes of events, no span shows a number, a text, the account or its token.
func TestTracesShowNoRecipient(t *testing.T) {
	kafka, twilio := servicetest.NewKafka(t), newMoodyTwilio(t)
	env := enabled(kafka.Bootstrap, twilio.URL)
	env["TWILIO_AUTH_TOKEN"], env["TWILIO_TIMEOUT_SECONDS"], env["BRAND_NAME"] = "hunter2", "1", "Lindenhof"
	env["RECONCILE_SETTLE_SECONDS"], env["RECONCILE_VISIBILITY_SECONDS"] = "0", "0"
	secrets := []string{"1555010", "1888555", "AC0000", "SM0000", "hunter2", "lind", "Messages.json", "2010-04-01", "To="}
	servicetest.Trace(t, env, secrets, func(spans []tracingtest.Span) {
		var names, codes []string
		for _, s := range spans {
			names = append(names, s.Name)
			if code := s.Attributes["error.type"]; code != "" {
				codes = append(codes, s.Name+" "+code)
			}
		}
		for _, want := range []string{"call send twilio.21211", "call send twilio.no_answer", "process appointments.created twilio.21211"} {
			if !slices.Contains(codes, want) {
				t.Errorf("no span says %q: %q", want, codes)
			}
		}
		for _, name := range []string{"call look_up", "wait doubt", "send notifications.outcomes", "send appointments.created.dlq"} {
			if !slices.Contains(names, name) {
				t.Errorf("no span is called %s", name)
			}
		}
	})
	worker := servicetest.Boot(t, env, app.Options)
	for id := 1; id <= 3; id++ {
		kafka.Publish(fmt.Sprintf("A-%d", id), fmt.Sprintf(
			`{"appointment_id": "A-%d", "time": "2031-07-06T12:30:00Z", "phone_e164": "+1555010000%d", "notify": {"sms": true}}`, id, id), 0)
	}
	worker.AwaitOutcomes(3)
}
