package twilio_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

func TestTwilioKeepsTheContractOfASender(t *testing.T) {
	portstest.TestSender(t, func(t *testing.T) portstest.SenderHarness {
		server := newScripted(t)
		cfg := server.config()
		renamed := cfg
		renamed.Brand, renamed.From = "Praxis", "+18335550199"
		return portstest.SenderHarness{
			Address: func(i int) string { return fmt.Sprintf("+1555010%04d", i) },
			Channel: domain.SMS, Sender: newSender(t, cfg), Renamed: newSender(t, renamed), Fail: server.Fail,
			Accepted: server.recipients, Requests: server.Requests, LookBack: 7 * 24 * time.Hour,
			Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(account + ":" + token))[:40]},
		}
	})
}

// note returns a notification for an appointment at the given time.
func note(t testing.TB, appointment, to string, at time.Time) ports.Notification {
	t.Helper()
	e, err := domain.NewDecoder().Decode(fmt.Appendf(nil,
		`{"appointment_id": %q, "time": %q, "phone_e164": %q, "notify": {"sms": true}}`, appointment, at.Format(time.RFC3339), to))
	if err != nil {
		t.Fatal(err)
	}
	return ports.Notification{Key: domain.NewKey(e, domain.SMS, to), Event: e, Recipient: to, EventTime: time.Now()}
}

// patient is the recipient of most tests.
const patient = "+15550100042"

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

func TestTheRequestSaysWhatTheMessageIs(t *testing.T) {
	t.Setenv("TWILIO_REGION", "ie1") // The SDK would go to another host for it.
	server := newScripted(t)
	n := note(t, "A-1", patient, time.Date(2031, 5, 6, 12, 30, 0, 0, time.UTC))
	if _, err := newSender(t, server.config()).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	r := server.seen()[0]
	for key, want := range map[string]string{
		"To": patient, "From": sender, "ValidityPeriod": "36000", "SmartEncoded": "true",
		"Body": "Clinic: appointment confirmed for Tue 6 May 2031, 12:30 UTC. Ref " + n.Key.Reference() + ". Reply STOP to opt out.",
	} {
		if got := r.PostForm.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
		r.PostForm.Del(key)
	}
	if len(r.PostForm) > 0 {
		t.Errorf("more is sent than was meant: %v", r.PostForm)
	}
	if user, password, _ := r.BasicAuth(); user != account || password != token || r.URL.Path != "/2010-04-01/Accounts/"+account+"/Messages.json" {
		t.Errorf("%s as %s", r.URL.Path, user)
	}
}

func TestACancellationNamesTheTimeLastTold(t *testing.T) {
	server := newScripted(t)
	n := note(t, "A-1", patient, time.Date(2031, 5, 6, 12, 30, 0, 0, time.UTC))
	n.Event.Status, n.LastTold = domain.AppointmentCancelled, n.Event.Time.AddDate(0, 0, -1)
	if _, err := newSender(t, server.config()).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	want := "Clinic: your appointment on Mon 5 May 2031, 12:30 UTC is cancelled. Ref " + n.Key.Reference() + ". Reply STOP to opt out."
	if got := server.seen()[0].PostForm.Get("Body"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What counts is the time that the text names.
func TestACancellationIsQueuedUntilTheTimeLastTold(t *testing.T) {
	server := newScripted(t)
	n := note(t, "A-1", patient, time.Now().Add(1000*time.Hour))
	n.Event.Status, n.LastTold = domain.AppointmentCancelled, time.Now().Add(time.Hour)
	if _, err := newSender(t, server.config()).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if got, err := strconv.Atoi(server.seen()[0].PostForm.Get("ValidityPeriod")); err != nil || got > 3600 || got < 3500 {
		t.Errorf("ValidityPeriod %d, %v; want about an hour", got, err)
	}
}

func TestABaseURLMayHaveAPath(t *testing.T) {
	server := newScripted(t)
	server.answer = fixed(http.StatusCreated, "application/json", `{"sid": "SM0123456789abcdef0123456789abcdef"}`)
	cfg := server.config()
	cfg.BaseURL += "/gateway/"
	if _, err := newSender(t, cfg).Send(t.Context(), note(t, "A-1", patient, tomorrow())); err != nil {
		t.Fatal(err)
	}
	if path := server.seen()[0].URL.Path; path != "/gateway/2010-04-01/Accounts/"+account+"/Messages.json" {
		t.Errorf("path %s", path)
	}
}

func TestAMessageIsNeverQueuedBeyondItsAppointment(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	for i, left := range []time.Duration{time.Second, 30 * time.Second, time.Hour, 10 * time.Hour, 11 * time.Hour, 1000 * time.Hour} {
		at := time.Now().Add(left)
		if _, err := s.Send(t.Context(), note(t, strconv.Itoa(i), patient, at)); err != nil {
			t.Fatal(err)
		}
		got, err := strconv.Atoi(server.seen()[i].PostForm.Get("ValidityPeriod"))
		// The request could have been written until its deadline, 5 s from now.
		reach := at.Add(-server.config().Timeout)
		if most := max(1, int(time.Until(reach)/time.Second)+1); err != nil || got < 1 || got > min(36000, most) || got < min(36000, most)-2 {
			t.Errorf("%s before: ValidityPeriod %d, %v; want about %d", left, got, err, min(36000, most))
		}
	}
}

func TestOnlyA201WithAnIDIsASuccess(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   string
	}{
		{"a 200 with an id", fixed(200, "application/json", `{"sid": "SM0123456789abcdef0123456789abcdef"}`), "twilio.http.200"},
		{"a 202 with an id", fixed(202, "application/json", `{"sid": "SM0123456789abcdef0123456789abcdef"}`), "twilio.http.202"},
		{"a 201 without an id", fixed(201, "application/json", `{"sid": null}`), "twilio.http.201"},
		{"a 201 with an empty id", fixed(201, "application/json", `{"sid": ""}`), "twilio.http.201"},
		{"a 201 with an id of another's", fixed(201, "application/json", `{"sid": "4711"}`), "twilio.http.201"},
		{"a 201 with an id of another's that begins alike", fixed(201, "application/json", `{"sid": "SMS-4711"}`), "twilio.http.201"},
		{"a 201 that is no JSON", fixed(201, "text/html", `<html>`), "twilio.http.201"},
		{"a 302", fixed(302, "application/json", `{"sid": "SM0123456789abcdef0123456789abcdef"}`, "Location", "/elsewhere"), "twilio.http.302"},
		{"a 408", fixed(408, "application/json", `{"code": 21211}`), "twilio.21211"},
		{"a 500 of Twilio's", fixed(500, "application/json", `{"code": 20500, "status": 400}`), "twilio.20500"},
		{"a 503 of a load balancer", fixed(503, "text/html", `<html>`), "twilio.http.503"},
		{"a body without end", fixed(201, "application/json", `{"sid": "SM0123456789abcdef0123456789abcdef", "x": "`+strings.Repeat("x", 1<<20)+`"}`), "twilio.truncated"},
	} {
		server := newScripted(t)
		server.answer = c.answer
		_, err := newSender(t, server.config()).Send(t.Context(), note(t, "A-1", patient, tomorrow()))
		if f := domain.AsFailure(err); err == nil || f.Class != domain.ClassUnknownOutcome || f.Code != c.code {
			t.Errorf("%s: %v, want an unknown outcome with code %s", c.name, err, c.code)
		}
		if server.Requests() != 1 {
			t.Errorf("%s: %d requests", c.name, server.Requests())
		}
	}
}

func TestNothingIsSentToWhatIsNotOneNumber(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	for _, to := range []string{"", "15550100042", "+0555", "+1555\n", "whatsapp:+15550100042", "+15550100042,+15550100043", "+1555010004212345", "+１５５５"} {
		n := note(t, "A-1", patient, tomorrow())
		n.Recipient = to
		if f := domain.AsFailure(sendError(t, s, n)); f.Class != domain.ClassRecipientRejected {
			t.Errorf("%q: %v", to, f)
		}
	}
	if server.Requests() != 0 {
		t.Errorf("%d requests arrived", server.Requests())
	}
}

func sendError(t *testing.T, s *twilio.Sender, n ports.Notification) error {
	t.Helper()
	_, err := s.Send(t.Context(), n)
	return err
}

func TestAllFaultsOfTheSettingsAreNamedWithoutTheirValues(t *testing.T) {
	_, err := twilio.New(twilio.Config{AccountSID: "ACsecret1", AuthToken: "secret 2", From: "secret3", BaseURL: "https://a:secret4@api.example"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"account SID", "auth token", "sender", "timeout", "slots", "base URL"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a value is shown: %v", err)
	}
}
