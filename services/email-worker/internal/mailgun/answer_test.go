package mailgun_test

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

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
		{200, `{"id":"4711","message":"OK"}`},
		{200, "Mailgun Magnificent API"},
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
