package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx/servicetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/app"
)

func environment(kafka, mailgun string) config.Env {
	return config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": kafka, "MAILGUN_API_KEY": "key", "MAILGUN_DOMAIN": "mg.clinic.example",
		"MAILGUN_FROM_EMAIL": "no-reply@clinic.example", "MAILGUN_API_BASE_URL": mailgun,
	}
}

func TestTheWorkerIsWired(t *testing.T) {
	servicetest.Validate(t, environment("kafka.example:9092", "https://mailgun.example"), app.Options)
}

const (
	patient = `"email": "patient@clinic.example"`
	gone    = "gone@clinic.example"
)

// newMailgun returns a stand-in for Mailgun, which knows one recipient as
// invalid, and the count of what it has accepted.
func newMailgun(t *testing.T) (server *providertest.Server, accepted *atomic.Int32) {
	t.Helper()
	accepted = new(atomic.Int32)
	return providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) {},
		Usual: func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("to") == gone {
				http.Error(w, `{"message": "'to' parameter is not a valid address. please check documentation"}`, http.StatusBadRequest)
				return
			}
			accepted.Add(1)
			_, _ = fmt.Fprintf(w, `{"id": %q, "message": "Queued. Thank you."}`, r.FormValue("h:Message-Id"))
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	}), accepted
}

func TestEachEventHasOneOutcome(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	mailgun, accepted := newMailgun(t)
	at := time.Now().Add(24 * time.Hour).Format(time.RFC3339)
	for _, event := range []struct{ id, members string }{
		{"A-1", patient + `, "notify": {"email": true}`},                                              // sent
		{"A-1", patient + `, "notify": {"email": true}`},                                              // already sent
		{"A-2", `"notify": {"sms": false}`},                                                           // not requested
		{"A-3", patient + `, "phone_e164": "not a number", "notify": {"email": true, "sms": true}`},   // sent
		{"A-4", `"email": "two@clinic.example, addresses@clinic.example", "notify": {"email": true}`}, // dead-lettered
		{"A-5", `"email": "` + gone + `", "notify": {"email": true}`},                                 // dead-lettered
	} {
		kafka.Publish(event.id, fmt.Sprintf(`{"appointment_id": %q, "time": %q, %s}`, event.id, at, event.members), 0)
	}
	worker := servicetest.Boot(t, environment(kafka.Bootstrap, mailgun.URL), app.Options)
	if got, want := worker.AwaitOutcomes(6), (servicetest.Outcomes{Sent: 2, Skipped: 2, DeadLettered: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if accepted.Load() != 2 || mailgun.Requests() != 3 {
		t.Errorf("Mailgun got %d requests and accepted %d messages", mailgun.Requests(), accepted.Load())
	}
	if code, body := worker.Get("/readyz"); code != http.StatusOK {
		t.Errorf("/readyz answers %d: %s", code, body)
	}
}

func TestACancellationIsToldOnceAndAsOne(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	var mu sync.Mutex
	var told []string
	mailgun := providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) {},
		Usual: func(w http.ResponseWriter, r *http.Request) {
			file, _, err := r.FormFile("attachment")
			if err != nil {
				t.Error(err)
				return
			}
			calendar, _ := io.ReadAll(file)
			subject, _, _ := strings.Cut(r.FormValue("subject"), ":")
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprint(subject, " ", strings.Contains(string(calendar), "STATUS:CANCELLED")))
			_, _ = fmt.Fprintf(w, `{"id": %q, "message": "Queued. Thank you."}`, r.FormValue("h:Message-Id"))
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	})
	worker := servicetest.Boot(t, environment(kafka.Bootstrap, mailgun.URL), app.Options)
	for i, event := range []string{
		`"time": "2031-05-06T14:30:00Z"`,
		`"time": "2031-05-07T09:00:00Z", "status": "rescheduled"`,
		`"time": "2031-05-07T09:00:00Z", "status": "cancelled"`,
		`"time": "2031-05-07T09:00:00Z", "status": "cancelled"`, // published twice
		`"time": "2031-05-07T09:00:00Z", "status": "postponed"`, // no status
	} {
		kafka.Publish("A", fmt.Sprintf(`{"appointment_id": "A", %s, %s, "notify": {"email": true}}`, event, patient), 0)
		worker.AwaitOutcomes(int64(i + 1)) // an event that waits is withdrawn by a newer one
	}
	if got, want := worker.AwaitOutcomes(5), (servicetest.Outcomes{Sent: 3, Skipped: 1, DeadLettered: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"Appointment confirmed false", "Appointment moved false", "Appointment cancelled true"}; !slices.Equal(told, want) {
		t.Errorf("the patient was told %q, want %q", told, want)
	}
}

func TestInStagingOnlyTheAllowlistIsWrittenTo(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	mailgun, accepted := newMailgun(t)
	for id, address := range map[string]string{"A": "tester@staging.example", "B": "patient@clinic.example"} {
		kafka.Publish(id, fmt.Sprintf(`{"appointment_id": %q, "time": "2031-07-06T12:30:00Z", "email": %q, "notify": {"email": true}}`, id, address), 0)
	}
	env := environment(kafka.Bootstrap, mailgun.URL)
	env["RECIPIENT_ALLOWLIST"] = "@staging.example, +15550100001"
	worker := servicetest.Boot(t, env, app.Options)
	if got, want := worker.AwaitOutcomes(2), (servicetest.Outcomes{Sent: 1, Skipped: 1}); got != want || accepted.Load() != 1 {
		t.Errorf("%+v, want %+v; %d accepted", got, want, accepted.Load())
	}
	if _, metrics := worker.Get("/metrics"); !strings.Contains(metrics, `reason="not_on_allowlist",status="skipped"} 1`) {
		t.Errorf("the skip is not counted:\n%s", metrics)
	}
	if _, status := worker.Get("/status"); !strings.Contains(status, `"allowlist"`) || strings.Contains(status, "staging.example") {
		t.Errorf("the status: %s", status)
	}
}

// Each patient's own language, and the default for what is none: never a dead
// letter.
func TestEachPatientReadsTheirOwnLanguage(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	var mu sync.Mutex
	told := map[string]string{}
	mailgun := providertest.NewServer(t, providertest.Answers{
		Accept: func(*http.Request) {},
		Usual: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			told[r.FormValue("v:appointment_id")] = r.FormValue("subject")
			mu.Unlock()
			_, _ = fmt.Fprintf(w, `{"id": %q, "message": "Queued. Thank you."}`, r.FormValue("h:Message-Id"))
		},
		Faulty: func(http.ResponseWriter, *http.Request, fake.Fault) {},
	})
	want := map[string]string{
		`"de-AT"`:    "Termin bestätigt: Dienstag, 6. Jänner 2032, 13:30 (Europe/Vienna, UTC+01:00)",
		`"de_AT"`:    "Termin bestätigt: Dienstag, 6. Jänner 2032, 13:30 (Europe/Vienna, UTC+01:00)",
		`"fr"`:       "Rendez-vous confirmé : mardi 6 janvier 2032, 13:30 (Europe/Vienna, UTC+01:00)",
		`"uk"`:       "Запис підтверджено: вівторок, 6 січня 2032 р., 13:30 (Europe/Vienna, UTC+01:00)",
		`"ar"`:       "\u200fتم تأكيد الموعد: الثلاثاء، 6 يناير 2032، 13:30 (Europe/Vienna, UTC+01:00)",
		`"tlh"`:      "Appointment confirmed: Tuesday, 6 January 2032, 13:30 (Europe/Vienna, UTC+01:00)", // record.locale
		`"ru"`:       "Appointment confirmed: Tuesday, 6 January 2032, 13:30 (Europe/Vienna, UTC+01:00)", // record.locale, and no Ukrainian
		`"nonsense"`: "Appointment confirmed: Tuesday, 6 January 2032, 13:30 (Europe/Vienna, UTC+01:00)", // record.locale
		`5`:          "Appointment confirmed: Tuesday, 6 January 2032, 13:30 (Europe/Vienna, UTC+01:00)", // record.locale
		`null`:       "Appointment confirmed: Tuesday, 6 January 2032, 13:30 (Europe/Vienna, UTC+01:00)",
	}
	for locale := range want {
		id, _ := json.Marshal(locale)
		kafka.Publish(locale, fmt.Sprintf(`{"appointment_id": %s, "time": "2032-01-06T12:30:00Z", "timezone": "Europe/Vienna", %s, "notify": {"email": true}, "locale": %s}`, id, patient, locale), 0)
	}
	worker := servicetest.Boot(t, environment(kafka.Bootstrap, mailgun.URL), app.Options)
	if got := worker.AwaitOutcomes(int64(len(want))); got != (servicetest.Outcomes{Sent: int64(len(want))}) {
		t.Errorf("%+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	for locale, subject := range want {
		if told[locale] != subject {
			t.Errorf("%s: %q, want %q", locale, told[locale], subject)
		}
	}
	if _, metrics := worker.Get("/metrics"); !strings.Contains(metrics, `notifications_alerts_total{channel="email",code="record.locale"} 4`) {
		t.Errorf("not each unknown language is said:\n%s", metrics)
	}
	if _, status := worker.Get("/status"); !strings.Contains(status, `"default": "en"`) || !strings.Contains(status, messagestest.Texts().Hash()) {
		t.Errorf("the status does not tell the texts: %s", status)
	}
}

// What only decides how a message looks never stops it: all of these are sent,
// and what a person should look at is an alert.
func TestAnOddTimeOrZoneIsSentAndSaid(t *testing.T) {
	kafka := servicetest.NewKafka(t)
	mailgun, accepted := newMailgun(t)
	for i, event := range []string{
		`"time": "2031-07-06T12:30:00+02:00", "timezone": "UTC+02:00"`,          // record.timezone
		`"time": "2031-07-06T12:30:00Z", "timezone": "W. Europe Standard Time"`, // record.timezone
		`"time": "2031-07-06T12:30:00+01:00", "timezone": "Europe/Berlin"`,      // record.offset
		`"time": "2031-07-06T12:30:00+02:00", "timezone": "Europe/Berlin"`,      // as it should be
		`"time": "9999-12-31T23:59:59Z", "timezone": "US/Pacific"`,              // no calendar file
	} {
		kafka.Publish(fmt.Sprint(i), fmt.Sprintf(`{"appointment_id": "%d", %s, %s, "notify": {"email": true}}`, i, event, patient), 0)
	}
	// It asks for no e-mail: the other channel's worker says so.
	kafka.Publish("S", `{"appointment_id": "S", "time": "2031-07-06T12:30:00Z", "timezone": "Berlin", "notify": {"sms": true}}`, 0)
	worker := servicetest.Boot(t, environment(kafka.Bootstrap, mailgun.URL), app.Options)
	if got, want := worker.AwaitOutcomes(6), (servicetest.Outcomes{Sent: 5, Skipped: 1}); got != want || accepted.Load() != 5 {
		t.Errorf("%+v, want %+v; %d accepted", got, want, accepted.Load())
	}
	_, metrics := worker.Get("/metrics")
	for _, want := range []string{
		`notifications_alerts_total{channel="email",code="record.timezone"} 2`,
		`notifications_alerts_total{channel="email",code="record.offset"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
	if _, status := worker.Get("/status"); !strings.Contains(status, `"source": "built in"`) || !strings.Contains(status, `"zones": "20`) {
		t.Errorf("the status does not tell the time zones: %s", status)
	}
}
