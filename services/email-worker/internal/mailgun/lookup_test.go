package mailgun_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// lookUp asks the Events API about n as a claim of that age would.
func lookUp(t *testing.T, server *scripted, n ports.Notification, age time.Duration) (ports.Accepted, error) {
	t.Helper()
	return lookUpBy(t, server, mailgun.LookUpEvents, n, age)
}

// lookUpBy is lookUp by another way.
func lookUpBy(t *testing.T, server *scripted, api mailgun.LookUpAPI, n ports.Notification, age time.Duration) (ports.Accepted, error) {
	t.Helper()
	cfg := server.config()
	cfg.LookUpAPI = api
	s := newSender(t, cfg)
	return s.LookUp(t.Context(), ports.LookUp{Handle: s.Handle(n), ClaimedAt: time.Now().Add(-age)})
}

// page is an answer of Mailgun's events API.
func page(next string, items ...string) string {
	return fmt.Sprintf(`{"items":[%s],"paging":{"next":%q}}`, strings.Join(items, ","), next)
}

func eventOf(kind, messageID string) string {
	return fmt.Sprintf(`{"event":%q,"id":"E","timestamp":1.5e9,"message":{"headers":{"message-id":%q}}}`, kind, messageID)
}

func TestALookUpAsksForTheEventsOfTheMessage(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	if _, err := lookUp(t, server, n, 2*time.Hour); !errors.Is(err, ports.ErrNotFound) {
		t.Fatal(err)
	}
	r := server.seen()[0]
	if r.Method != http.MethodGet || r.Path != "/v3/mg.clinic.example/events" || r.Key != server.config().ReadAPIKey {
		t.Errorf("%s %s with the key %s", r.Method, r.Path, r.Key)
	}
	for name, want := range map[string]string{
		"message-id": n.Key.String() + "@mg.clinic.example", "ascending": "yes",
	} {
		if got := r.Query[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	begin, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", r.Query["begin"][0])
	if age := time.Since(begin); err != nil || age < 3*time.Hour || age > 3*time.Hour+time.Minute {
		t.Errorf("begins %s ago (%v), want an hour before the claim", age, err)
	}
}

// Mailgun's clock, the broker's and ours differ: a claim that seems to lie in
// the future must not begin the search in the future.
func TestALookUpNeverBeginsInTheFutureNorBeforeWhatMailgunKeeps(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{-5 * time.Hour: time.Hour, 23*time.Hour + 30*time.Minute: 24 * time.Hour} {
		server := newScripted(t)
		_, _ = lookUp(t, server, confirmation(t, patient), age)
		begin, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", server.seen()[0].Query["begin"][0])
		if got := time.Since(begin); err != nil || got < want-time.Minute || got > want+time.Minute {
			t.Errorf("claimed %s ago: begins %s ago (%v), want %s", age, got, err, want)
		}
	}
}

func TestPagesAreReadUntilOneIsEmptyAtTheConfiguredAddress(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	mine := n.Key.String() + "@mg.clinic.example"
	pages := map[string]string{
		"/v3/mg.clinic.example/events":      page("https://api.mailgun.example/v3/mg.clinic.example/events/W3s=", eventOf("accepted", "other@mg.clinic.example")),
		"/v3/mg.clinic.example/events/W3s=": page("https://api.mailgun.example/v3/mg.clinic.example/events/Mg==", eventOf("opened", mine)),
		"/v3/mg.clinic.example/events/Mg==": page("https://api.mailgun.example/v3/mg.clinic.example/events/Mw=="),
	}
	server.answer = func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, pages[r.URL.Path]) }
	if _, err := lookUp(t, server, n, 0); !errors.Is(err, ports.ErrNotFound) || len(server.seen()) != 3 {
		t.Errorf("%v after %d pages, want ErrNotFound after 3", err, len(server.seen()))
	}
	pages["/v3/mg.clinic.example/events/Mg=="] = page("", eventOf("accepted", mine))
	if accepted, err := lookUp(t, server, n, 0); err != nil || accepted.ProviderID != mine {
		t.Errorf("%+v, %v; want it found on the third page", accepted, err)
	}
}

func TestWhatIsNoListOfEventsIsNoAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"empty object":                   `{}`,
		"null":                           `null`,
		"a null list":                    `{"items":null}`,
		"HTML":                           `<html>Welcome</html>`,
		"nothing":                        ``,
		"a message":                      `{"message":"ok"}`,
		"broken off":                     `{"items":[`,
		"the greeting of a wrong path":   "Mailgun Magnificent API",
		"an empty list of another's":     `{"items":[]}`,
		"a list without its pages":       `{"items":[],"paging":null}`,
		"another kind of list":           `{"items":["a"]}`,
		"a next page from nowhere":       page("nowhere", eventOf("accepted", "other@mg.clinic.example")),
		"a next page of another version": page("https://api.mailgun.example/v4/x/events/1", eventOf("accepted", "other@mg.clinic.example")),
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
		_, err := lookUp(t, server, confirmation(t, patient), 0)
		if f := domain.AsFailure(err); f.Class != domain.ClassTransient || f.Code != "mailgun.lookup.unreadable" {
			t.Errorf("%s: %v, want transient", name, err)
		}
	}
}

func TestAnEventThatTheSDKDoesNotKnowHidesNoOther(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	mine := n.Key.String() + "@mg.clinic.example"
	server.answer = func(w http.ResponseWriter, r *http.Request) {
		event := eventOf("levitated", mine)
		if strings.HasSuffix(r.URL.Path, "/1") {
			event = eventOf("accepted", mine)
		}
		_, _ = io.WriteString(w, page("https://api.mailgun.example/v3/mg.clinic.example/events/1", event))
	}
	if _, err := lookUp(t, server, n, 0); err != nil {
		t.Error(err)
	}
}

func TestPagesThatNeverEndAreGivenUp(t *testing.T) {
	server := newScripted(t)
	server.answer = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, page("https://api.mailgun.example/v3/mg.clinic.example/events/1", eventOf("accepted", "other@mg.clinic.example")))
	}
	_, err := lookUp(t, server, confirmation(t, patient), 0)
	if f := domain.AsFailure(err); f.Class != domain.ClassTransient || f.Code != "mailgun.lookup.endless" {
		t.Error(err)
	}
}

// The retention in the tests is 24 hours, of which the last one does not count.
func TestNotFoundProvesNothingOnceEventsMayBeGone(t *testing.T) {
	server := newScripted(t)
	n := confirmation(t, patient)
	if _, err := lookUp(t, server, n, 23*time.Hour-time.Minute); !errors.Is(err, ports.ErrNotFound) {
		t.Errorf("within the retention: %v, want ErrNotFound", err)
	}
	_, err := lookUp(t, server, n, 23*time.Hour+time.Minute)
	if f := domain.AsFailure(err); f.Class != domain.ClassUnknownOutcome || f.Code != "mailgun.lookup.expired" {
		t.Errorf("after the retention: %v, want unknown_outcome", err)
	}
	if _, err := newSender(t, server.config()).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if _, err := lookUp(t, server, n, 23*time.Hour+time.Minute); err != nil {
		t.Errorf("found after the retention: %v; what is found always counts", err)
	}
}

func TestALookUpThatMailgunRefusesCannotBeAskedAgain(t *testing.T) {
	for status, want := range map[int]domain.Class{
		401: domain.ClassUnknownOutcome, 403: domain.ClassUnknownOutcome, 404: domain.ClassUnknownOutcome, 410: domain.ClassUnknownOutcome,
		302: domain.ClassTransient, 400: domain.ClassTransient, 405: domain.ClassTransient, 422: domain.ClassTransient, 408: domain.ClassTransient, 429: domain.ClassTransient, 500: domain.ClassTransient, 503: domain.ClassTransient,
	} {
		server := newScripted(t)
		server.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			http.Error(w, `{"items":[]}`, status)
		}
		_, err := lookUp(t, server, confirmation(t, patient), 0)
		f := domain.AsFailure(err)
		if f.Class != want || f.Code != fmt.Sprintf("mailgun.lookup.%d", status) || (f.RetryAfter > 0) != (want == domain.ClassTransient) {
			t.Errorf("%d: %+v, want %s", status, f, want)
		}
	}
}
