package mailgun_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/mailgun/mailgun-go/v4"
	"github.com/mailgun/mailgun-go/v4/events"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// confirmation returns the notification of an event for one recipient.
func confirmation(t testing.TB, recipient string) ports.Notification {
	t.Helper()
	event, err := domain.NewDecoder().Decode([]byte(`{
		"appointment_id": "A-1001", "user_id": 7, "time": "2031-05-06T14:30:00+02:00", "timezone": "Europe/Berlin",
		"email": "patient@clinic.example", "notify": {"email": true}, "revision": 3}`))
	if err != nil {
		t.Fatal(err)
	}
	return ports.Notification{
		Key: domain.NewKey(event, domain.Email, recipient), Event: event, Recipient: recipient,
		EventTime: time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC),
	}
}

const patient = "patient@clinic.example"

func TestTheRequestHasExactlyTheseFields(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	receipt, err := newSender(t, server.config()).Send(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	r := server.seen()[0]
	id := n.Key.String() + "@mg.clinic.example"
	want := map[string]string{
		"from": `"Clinic" <no-reply@clinic.example>`, "to": patient,
		"subject":      "Appointment confirmed: Tuesday, 6 May 2031, 14:30 (Europe/Berlin, UTC+02:00)",
		"h:Message-Id": "<" + id + ">", "h:Auto-Submitted": "auto-generated", "h:X-Auto-Response-Suppress": "OOF, AutoReply",
		"o:tag": "appointment-confirmation", "o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no",
		"v:appointment_id": "A-1001",
	}
	for field, value := range want {
		if got := r.Form[field]; len(got) != 1 || got[0] != value {
			t.Errorf("%s = %q, want %q", field, got, value)
		}
	}
	fields := append(slices.Collect(maps.Keys(want)), "text", "html")
	for field := range r.Form {
		if !slices.Contains(fields, field) {
			t.Errorf("unexpected field %s", field)
		}
	}
	if r.Path != "/v3/mg.clinic.example/messages" || receipt.ProviderID != id {
		t.Errorf("path %s, id %s", r.Path, receipt.ProviderID)
	}
	if !strings.Contains(r.Files["attachment/appointment.ics"], "METHOD:PUBLISH\r\n") || len(r.Files) != 1 {
		t.Errorf("files %q", r.Files)
	}
	if !strings.Contains(r.Form["text"][0], "14:30") || !strings.Contains(r.Form["html"][0], "14:30") {
		t.Error("text or HTML does not tell the time")
	}
}

func TestASecondAttemptMakesTheSameMessage(t *testing.T) {
	server := newScripted(t)
	for range 2 {
		if _, err := newSender(t, server.config()).Send(t.Context(), confirmation(t, patient)); err != nil {
			t.Fatal(err)
		}
	}
	first, second := server.seen()[0], server.seen()[1]
	if !maps.EqualFunc(first.Form, second.Form, slices.Equal) || !maps.Equal(first.Files, second.Files) {
		t.Errorf("%v\n%v", first, second)
	}
}

func TestARecipientThatIsNotOneBareAddressIsNotSent(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	for _, to := range []string{
		"", "patient", "a@clinic.example,b@clinic.example", "a@clinic.example b@clinic.example", "Pat <a@clinic.example>",
		"a@clinic.example\r\nBcc: b@clinic.example", "a@clinic.example;b@clinic.example", "a@b@clinic.example", "@clinic.example", "a@",
	} {
		_, err := s.Send(t.Context(), confirmation(t, to))
		if f := domain.AsFailure(err); err == nil || f.Class != domain.ClassRecipientRejected {
			t.Errorf("%q: %v, want recipient_rejected", to, err)
		}
	}
	if n := server.Requests(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestASuccessWithoutAReadableIDIsUnknown(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	for _, c := range []struct {
		status int
		body   string
	}{
		{200, ""},
		{200, "OK"},
		{200, "<html>Welcome</html>"},
		{200, `{"id":"","message":"Queued. Thank you."}`},
		{200, `{"id":"<>"}`},
		{200, `{"id":"<1@mg.clinic.ex`},
		{200, `[]`},
		{201, `{"id":"<1@mg.clinic.example>"}`},
		{202, `{"id":"<1@mg.clinic.example>"}`},
		{204, ""},
	} {
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}
		_, err := s.Send(t.Context(), confirmation(t, patient))
		if f := domain.AsFailure(err); err == nil || f.Class != domain.ClassUnknownOutcome || !strings.HasPrefix(f.Code, "mailgun.20") {
			t.Errorf("%d %q: %v, want unknown_outcome", c.status, c.body, err)
		}
	}
}

func TestADomainWithAVersionInItsNameReachesTheRightPath(t *testing.T) {
	server := newScripted(t)
	cfg := server.config()
	cfg.Domain, cfg.BaseURL = "V3.Clinic.example", server.URL+"/"
	if _, err := newSender(t, cfg).Send(t.Context(), confirmation(t, patient)); err != nil {
		t.Fatal(err)
	}
	if path := server.seen()[0].Path; path != "/v3/v3.clinic.example/messages" {
		t.Errorf("path %s", path)
	}
}

func TestTheDelayOfARateLimitIsKeptInEveryForm(t *testing.T) {
	for form, header := range map[string]http.Header{
		"Retry-After":       {"Retry-After": {"90"}},
		"X-RateLimit-Reset": {"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(90*time.Second).Unix(), 10)}},
		"text":              {},
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), header)
			body := `{"message":"too many"}`
			if form == "text" {
				body = `{"message":"Domain x is not allowed to send: account-requests-per-sec limit exceeded, try again after 90 seconds"}`
			}
			http.Error(w, body, http.StatusTooManyRequests)
		}
		_, err := newSender(t, server.config()).Send(t.Context(), confirmation(t, patient))
		if f := domain.AsFailure(err); f.Class != domain.ClassTransient || f.RetryAfter < 85*time.Second || f.RetryAfter > 91*time.Second {
			t.Errorf("%s: %+v", form, f)
		}
	}
}

// The mock server is Mailgun's own, shipped with its SDK.
func TestMailgunsOwnMockServerAccepts(t *testing.T) {
	mock := sdk.NewMockServer()
	defer mock.Stop()
	cfg := newScripted(t).config()
	cfg.BaseURL, cfg.DialContext = mock.URL(), nil
	receipt, err := newSender(t, cfg).Send(t.Context(), confirmation(t, patient))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range mock.Events() {
		a, ok := e.(*events.Accepted)
		if ok && a.ID == receipt.ProviderID {
			if a.Recipient != patient || a.Message.Headers.From != `"Clinic" <no-reply@clinic.example>` ||
				len(a.Message.Attachments) != 1 || a.Message.Attachments[0].FileName != "appointment.ics" {
				t.Errorf("accepted %+v", a)
			}
			return
		}
	}
	t.Errorf("the mock server has no accepted event for %s", receipt.ProviderID)
}

func TestEachRequestIsBoundedByTheConfiguredTimeout(t *testing.T) {
	server := newScripted(t)
	cfg := server.config()
	cfg.Timeout = 500 * time.Millisecond
	s, n := newSender(t, cfg), confirmation(t, patient)
	server.Fail(fake.Fault{Kind: fake.Hang})
	if _, err := s.Send(t.Context(), n); domain.AsFailure(err).Code != "mailgun.timeout" {
		t.Errorf("Send: %v", err)
	}
	server.Fail(fake.Fault{Kind: fake.Hang})
	_, err := s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now()})
	if f := domain.AsFailure(err); f.Code != "mailgun.lookup.timeout" || f.Class != domain.ClassTransient {
		t.Errorf("LookUp: %v", err)
	}
}

func TestAnAnswerThatLeavesAcceptanceOpenIsUnknownWhateverItSays(t *testing.T) {
	server := newScripted(t)
	s := newSender(t, server.config())
	for _, status := range []int{302, 408, 500, 502, 503, 504} {
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"'to' parameter is not a valid address"}`, status)
		}
		_, err := s.Send(t.Context(), confirmation(t, patient))
		if f := domain.AsFailure(err); f.Class != domain.ClassUnknownOutcome || f.Code != "mailgun."+strconv.Itoa(status) {
			t.Errorf("%d: %v, want unknown_outcome", status, err)
		}
	}
}

// Rate headers stand on any answer; on one that is about something else they
// would halt all sending for as long as the account's window lasts.
func TestOnlyARateLimitIsDelayedByRateHeaders(t *testing.T) {
	server := newScripted(t)
	server.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		http.Error(w, "Forbidden", http.StatusUnauthorized)
	}
	_, err := newSender(t, server.config()).Send(t.Context(), confirmation(t, patient))
	if f := domain.AsFailure(err); f.Class != domain.ClassConfiguration || f.RetryAfter != 0 {
		t.Errorf("%+v, want configuration without a delay", f)
	}
}
