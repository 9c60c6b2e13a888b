package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// serve returns a sandbox under one rule, written as JSON over HTTP.
func serve(t *testing.T, rules ...string) (*sandbox.Sandbox, string) {
	t.Helper()
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for _, rule := range rules {
		if status, body := do(t, http.MethodPost, server.URL+"/_sandbox/script", strings.NewReader(rule), "", ""); status != http.StatusCreated {
			t.Fatalf("%s: %d %s", rule, status, body)
		}
	}
	return s, server.URL
}

func TestEachFaultIsSeenByTheCallerAndJudgedByTheJournal(t *testing.T) {
	for _, c := range []struct {
		name     string
		rule     string
		status   int
		accepted bool
		outcome  string
	}{
		{"refused with a status", `{"action":{"type":"answer","status":429,"headers":{"Retry-After":"7"}}}`, 429, false, "refused"},
		{"redirected", `{"action":{"type":"redirect","location":"http://127.0.0.1:1/"}}`, 302, false, "refused"},
		{"reset before anything was accepted", `{"action":{"type":"reset"}}`, 0, false, "reset"},
		{"never answered", `{"action":{"type":"hang","max":"10ms"}}`, 0, false, "hang"},
		{"down", `{"action":{"type":"down"}}`, 0, false, "down"},
		{"accepted, then 503", `{"action":{"type":"accept_then","ending":"status","status":503}}`, 503, true, "accepted, then status"},
		{"accepted, then reset", `{"action":{"type":"accept_then","ending":"reset"}}`, 0, true, "accepted, then reset"},
		{"accepted, then silence", `{"action":{"type":"accept_then","ending":"hang","max":"10ms"}}`, 0, true, "accepted, then hang"},
		{"accepted, then half an answer", `{"action":{"type":"accept_then","ending":"truncate"}}`, 0, true, "accepted, then truncate"},
		{"accepted, then something else", `{"action":{"type":"accept_then","ending":"garbage"}}`, 200, true, "accepted, then garbage"},
		{"slow", `{"action":{"type":"latency","delay":"5ms","delay_max":"10ms"}}`, 200, true, "accepted"},
		{"late", `{"action":{"type":"hold","delay":"10ms"}}`, 200, true, "accepted late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, url := serve(t, c.rule)

			status := mail(t, url, nil)

			requests, err := s.Requests(sandbox.Email)
			if err != nil || len(requests) != 1 {
				t.Fatalf("%+v, %v", requests, err)
			}
			got := requests[0]
			if status != c.status || got.Status != c.status && got.Status != 200 || got.Accepted != c.accepted || got.Outcome != c.outcome || got.Rule != "rule-1" {
				t.Errorf("the caller saw %d, the journal says %+v", status, got)
			}
		})
	}
}

func TestAnAcceptIsInTheJournalBeforeTheAnswer(t *testing.T) {
	s, url := serve(t, `{"action":{"type":"latency","delay":"1h","accept_at":"start"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() { _ = s.Await(ctx, accepted(1)); cancel() }()

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v3/mg.example/messages", strings.NewReader(mailForm(nil).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("api", "key")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
		t.Error("answered within the latency")
	}
	if got := s.Stats().Email; got.Accepted != 1 {
		t.Errorf("%+v", got)
	}
}

func accepted(n int) func(sandbox.Stats) bool {
	return func(got sandbox.Stats) bool { return got.Total.Accepted >= n }
}

func TestAHeldRequestIsAcceptedAfterItsCallerHasGone(t *testing.T) {
	s, url := serve(t, `{"action":{"type":"hold","delay":"50ms"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v3/mg.example/messages", strings.NewReader(mailForm(nil).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("api", "key")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
		t.Fatal("the caller was to give up first")
	}

	wait, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := s.Await(wait, accepted(1)); err != nil {
		t.Errorf("never accepted: %+v", s.Stats().Email)
	}
}

func TestRulesTakeOnlyWhatTheyMatch(t *testing.T) {
	s, url := serve(t,
		`{"match":{"recipient":"*@slow.example"},"action":{"type":"answer","status":500}}`,
		`{"match":{"channel":"sms"},"action":{"type":"answer","code":21610}}`,
		`{"match":{"appointment_id":"99"},"count":1,"action":{"type":"answer","status":401}}`,
		`{"match":{"kind":"lookup","channel":"email"},"action":{"type":"answer","status":503}}`)
	for _, c := range []struct {
		set    map[string]string
		status int
	}{
		{nil, 200},
		{map[string]string{"to": "A@SLOW.example"}, 500},
		{map[string]string{"v:appointment_id": "99"}, 401},
		{map[string]string{"v:appointment_id": "99"}, 200},
	} {
		if status := mail(t, url, c.set); status != c.status {
			t.Errorf("%v: got %d, want %d", c.set, status, c.status)
		}
	}
	if status, m := postText(t, url, nil); status != 400 || m.Code != 21610 {
		t.Errorf("SMS: got %d %+v", status, m)
	}
	if status, _ := get(t, url+"/v3/mg.example/events", "api", "key"); status != 503 {
		t.Errorf("look-up: got %d", status)
	}
	if got := s.Stats().Email; got.LookupsFailed != 1 {
		t.Errorf("counted as %+v", got)
	}
}

func TestDownTakesTheLookupsTooAndAnUnknownFieldIsAnError(t *testing.T) {
	_, url := serve(t, `{"action":{"type":"down"}}`)
	if status, _ := get(t, url+"/v3/mg.example/events", "api", "key"); status != 0 {
		t.Errorf("a look-up got %d", status)
	}
	for _, wrong := range []string{
		`{"action":{"type":"explode"}}`, `{"action":{"type":"reset"},"recipient":"x"}`, `{"action":{"type":"answer"}}`,
		`{"action":{"type":"latency"}}`, `{"action":{"type":"hang","max":3}}`, `{"match":{"probability":2},"action":{"type":"reset"}}`,
	} {
		if status, body := do(t, http.MethodPost, url+"/_sandbox/script", strings.NewReader(wrong), "", ""); status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", wrong, status, body)
		}
	}
}

func TestARefusingServerComesBackWithWhatItHad(t *testing.T) {
	s := open(t, sandbox.Options{})
	server, err := s.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	mail(t, server.URL(), nil)

	server.Refuse(0)
	if _, err := http.DefaultClient.Get(server.URL()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("not refused: %v", err)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	mail(t, server.URL(), nil)

	if got := s.Stats().Email; got.Accepted != 2 || got.Doubled != 1 {
		t.Errorf("%+v", got)
	}
}

func TestManySendersAtOnceAreAllCounted(t *testing.T) {
	s, url := serve(t)
	const senders, each = 16, 25
	done := make(chan struct{})
	for sender := range senders {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range each {
				mail(t, url, map[string]string{"h:Message-Id": fmt.Sprintf("<%d.%d@mg.example>", sender, i/2)})
			}
		}()
	}
	for range senders {
		<-done
	}
	entries, err := s.Accepts(sandbox.Email)
	got := s.Stats().Email
	if err != nil || len(entries) != senders*each || got.Accepted != senders*each || got.Distinct != senders*13 || got.InFlight != 0 {
		t.Errorf("%d entries, %+v, %v", len(entries), got, err)
	}
	for i, e := range entries {
		if e.Seq != uint64(i+1) {
			t.Fatalf("entry %d has the number %d", i, e.Seq)
		}
	}
}
