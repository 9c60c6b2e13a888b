package mailgun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// request is one request as Mailgun would see it.
type request struct {
	Method, Path string
	Query        map[string][]string
	Form         map[string][]string
	Files        map[string]string
}

// scripted is a Mailgun that does as it is told. It answers sends and look-ups
// for any domain and keeps what it accepted apart from what it was asked.
type scripted struct {
	*httptest.Server
	mu       sync.Mutex
	faults   []fake.Fault
	requests []request
	accepted []request
	// answer, if set, replaces the whole handling of a request.
	answer http.HandlerFunc
}

func newScripted(t *testing.T) *scripted {
	s := &scripted{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	// Each request dials anew, so that a refused connection can be scripted.
	s.Config.SetKeepAlivesEnabled(false)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// config returns settings that lead to s.
func (s *scripted) config() mailgun.Config {
	return mailgun.Config{
		APIKey: "key-0123456789abcdef", Domain: "mg.clinic.example", From: "Clinic <no-reply@clinic.example>",
		BaseURL: s.URL, Timeout: 5 * time.Second, EventsRetention: 24 * time.Hour, Slots: 64,
		Brand: "Clinic", Zone: time.UTC, AppointmentDuration: 30 * time.Minute, DialContext: s.dial,
	}
}

func (s *scripted) fail(f fake.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

func (s *scripted) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

func (s *scripted) recipients() (to []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.accepted {
		to = append(to, strings.Join(r.Form["to"], "|"))
	}
	return to
}

// dial refuses a connection when that is the next fault.
func (s *scripted) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	refused := len(s.faults) > 0 && s.faults[0].Kind == fake.Refused
	if refused {
		s.faults = s.faults[1:]
	}
	s.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *scripted) handle(w http.ResponseWriter, r *http.Request) {
	in := read(r)
	s.mu.Lock()
	s.requests = append(s.requests, in)
	var fault *fake.Fault
	if len(s.faults) > 0 {
		fault, s.faults = &s.faults[0], s.faults[1:]
	}
	if r.Method == http.MethodPost && s.answer == nil && (fault == nil || fault.Accepted) {
		s.accepted = append(s.accepted, in)
	}
	s.mu.Unlock()
	switch {
	case s.answer != nil:
		s.answer(w, r)
	case fault != nil:
		answerFault(w, r, *fault)
	case r.Method == http.MethodPost:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": in.Form["h:Message-Id"][0], "message": "Queued. Thank you."})
	default:
		s.events(w, r)
	}
}

// events answers a look-up as Mailgun does: one page, then an empty one.
func (s *scripted) events(w http.ResponseWriter, r *http.Request) {
	items := []any{}
	s.mu.Lock()
	for _, a := range s.accepted {
		id := strings.Trim(a.Form["h:Message-Id"][0], "<>")
		if id == r.URL.Query().Get("message-id") && strings.Contains(r.URL.Path, "/"+strings.Split(id, "@")[1]+"/") {
			items = append(items, map[string]any{
				"event": "accepted", "id": "E1", "timestamp": 1.5e9, "recipient": a.Form["to"][0],
				"message": map[string]any{"headers": map[string]string{"message-id": id}},
			})
		}
	}
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]any{
		"items": items, "paging": map[string]string{"next": "https://api.mailgun.example" + r.URL.Path + "/bmV4dA=="},
	})
}

// answerFault ends a request as the fault says, with Mailgun's texts.
func answerFault(w http.ResponseWriter, r *http.Request, f fake.Fault) {
	to := r.FormValue("to")
	switch f.Kind {
	case fake.Reset:
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	case fake.Hang:
		<-r.Context().Done()
	case fake.Truncated:
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"id": "<1@mg.clinic`)
	case fake.Unrecognized:
		_, _ = io.WriteString(w, `{"message": "Queued. Thank you."}`)
	case fake.Redirect:
		http.Redirect(w, r, "/v3/elsewhere.example/messages", http.StatusFound)
	case fake.RateLimited:
		w.Header().Set("Retry-After", fmt.Sprint(int(f.RetryAfter.Seconds())))
		http.Error(w, `{"message": "too many requests for `+to+`"}`, http.StatusTooManyRequests)
	case fake.BadRecipient:
		http.Error(w, `{"message": "'to' parameter is not a valid address. please check documentation: `+to+`"}`, http.StatusBadRequest)
	case fake.BadMessage:
		http.Error(w, `{"message": "Need at least one of 'text','html' for `+to+`"}`, http.StatusBadRequest)
	case fake.UnknownRefusal:
		http.Error(w, `{"message": "the moon is in the wrong phase for `+to+`"}`, http.StatusBadRequest)
	case fake.BadConfiguration:
		http.Error(w, "Forbidden", http.StatusUnauthorized)
	default:
		http.Error(w, "<html>no upstream for "+to+"</html>", http.StatusServiceUnavailable)
	}
}

// read takes everything of a request that a test may ask for.
func read(r *http.Request) request {
	in := request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Files: map[string]string{}}
	if r.Method != http.MethodPost {
		return in
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		return in
	}
	in.Form = r.MultipartForm.Value
	for field, files := range r.MultipartForm.File {
		f, err := files[0].Open()
		if err != nil {
			continue
		}
		content, _ := io.ReadAll(f)
		in.Files[field+"/"+files[0].Filename] = string(content)
	}
	return in
}
