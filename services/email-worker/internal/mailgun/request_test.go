package mailgun_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/mailgun/mailgun-go/v4"
	"github.com/mailgun/mailgun-go/v4/events"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
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
	accepted, err := newSender(t, server.config()).Send(t.Context(), n)
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
		"v:appointment_id": "A-1001", "h:X-Message-Set": messagestest.Texts().Hash(),
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
	if r.Path != "/v3/mg.clinic.example/messages" || accepted.ProviderID != id {
		t.Errorf("path %s, id %s", r.Path, accepted.ProviderID)
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

func TestACancellationNamesTheTimeLastTold(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	n.Event.Status, n.LastTold = domain.AppointmentCancelled, time.UnixMilli(n.Event.Time.AddDate(0, 0, -1).UnixMilli())
	if _, err := newSender(t, server.config()).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	r := server.seen()[0]
	if got, want := r.Form["subject"][0], "Appointment cancelled: Monday, 5 May 2031, 14:30 (Europe/Berlin, UTC+02:00)"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	calendar := r.Files["attachment/appointment.ics"]
	for _, part := range []string{r.Form["text"][0], r.Form["html"][0], calendar} {
		if !strings.Contains(part, "Monday, 5 May 2031") && !strings.Contains(part, "DTSTART:20310505T123000Z") {
			t.Errorf("the time last told is missing in\n%s", part)
		}
		if strings.Contains(part, "6 May") || strings.Contains(part, "20310506") {
			t.Errorf("a time that the recipient never heard of is in\n%s", part)
		}
	}
	if !strings.Contains(calendar, "UID:A-1001@mg.clinic.example\r\n") {
		t.Errorf("another entry is cancelled:\n%s", calendar)
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

// The mock server is Mailgun's own, shipped with its SDK.
func TestMailgunsOwnMockServerAccepts(t *testing.T) {
	mock := sdk.NewMockServer()
	defer mock.Stop()
	cfg := newScripted(t).config()
	cfg.BaseURL, cfg.DialContext = mock.URL(), nil
	accepted, err := newSender(t, cfg).Send(t.Context(), confirmation(t, patient))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range mock.Events() {
		a, ok := e.(*events.Accepted)
		if ok && a.ID == accepted.ProviderID {
			if a.Recipient != patient || a.Message.Headers.From != `"Clinic" <no-reply@clinic.example>` ||
				len(a.Message.Attachments) != 1 || a.Message.Attachments[0].FileName != "appointment.ics" {
				t.Errorf("accepted %+v", a)
			}
			return
		}
	}
	t.Errorf("the mock server has no accepted event for %s", accepted.ProviderID)
}
