package mailgun_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// request is one request as Mailgun would see it.
type request struct {
	Method, Path string
	Query        map[string][]string
	Form         map[string][]string
	Files        map[string]string
	// Key is the password, Type the content's, Body what is not a form.
	Key, Type, Body, RawQuery string
	at                        time.Time
}

// scripted is a Mailgun that does as it is told. It answers sends and look-ups
// for any domain and keeps what it accepted apart from what it was asked.
type scripted struct {
	*providertest.Server
	mu       sync.Mutex
	requests []request
	accepted []request
	// answer, if set, replaces the usual answer, and so does book.
	answer http.HandlerFunc
	book   *book
}

func newScripted(t *testing.T) *scripted {
	s := &scripted{}
	s.Server = providertest.NewServer(t, providertest.Answers{Accept: s.accept, Usual: s.usual, Faulty: faulty})
	return s
}

// eventsRetention is how long s keeps events.
const eventsRetention = 24 * time.Hour

// config returns settings that lead to s.
func (s *scripted) config() mailgun.Config {
	return mailgun.Config{
		APIKey: "key-0123456789abcdef", ReadAPIKey: "read-fedcba9876543210", LookUpAPI: mailgun.LookUpAuto, Domain: "mg.clinic.example", From: "Clinic <no-reply@clinic.example>",
		BaseURL: s.URL, Timeout: 5 * time.Second, EventsRetention: eventsRetention, Visibility: time.Minute, Slots: 64,
		Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), AppointmentDuration: 30 * time.Minute, DialContext: s.DialContext,
	}
}

// seen returns the requests that no fault hit.
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

// accept takes in a message; a search in the logs is a POST too.
func (s *scripted) accept(r *http.Request) {
	if r.URL.Path == logsPath {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, read(r))
}

func (s *scripted) usual(w http.ResponseWriter, r *http.Request) {
	in := read(r)
	s.mu.Lock()
	s.requests = append(s.requests, in)
	answer := s.answer
	s.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case s.book != nil:
		s.book.answer(w, in)
	case r.URL.Path == logsPath:
		s.logs(w, in.Body)
	case r.Method == http.MethodPost:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": in.Form["h:Message-Id"][0], "message": "Queued. Thank you."})
	default:
		s.events(w, r)
	}
}

// events answers a look-up as Mailgun does: the events of the domain since the
// begin that it keeps, and where the next page is.
func (s *scripted) events(w http.ResponseWriter, r *http.Request) {
	begin, err := mail.ParseDate(r.URL.Query().Get("begin"))
	if err != nil {
		http.Error(w, `{"message": "begin is not a valid timestamp"}`, http.StatusBadRequest)
		return
	}
	items := []any{}
	s.mu.Lock()
	for _, a := range s.accepted {
		id := strings.Trim(a.Form["h:Message-Id"][0], "<>")
		if a.at.Before(begin) || time.Since(a.at) > eventsRetention {
			continue
		}
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

// faulty answers in Mailgun's words. They quote the recipient, as real answers do.
func faulty(w http.ResponseWriter, r *http.Request, f fake.Fault) {
	answers := map[fake.Kind]struct {
		status int
		body   string
	}{
		fake.Unrecognized:     {http.StatusOK, `{"message": "Queued. Thank you."}`},
		fake.RateLimited:      {http.StatusTooManyRequests, `{"message": "too many requests for %s"}`},
		fake.BadRecipient:     {http.StatusBadRequest, `{"message": "'to' parameter is not a valid address. please check documentation: %s"}`},
		fake.BadMessage:       {http.StatusBadRequest, `{"message": "Need at least one of 'text','html' for %s"}`},
		fake.UnknownRefusal:   {http.StatusBadRequest, `{"message": "the moon is in the wrong phase for %s"}`},
		fake.AmbiguousRefusal: {http.StatusForbidden, `{"message": "Domain mg.clinic.example is not allowed to send: Free accounts are for test purposes only. Please upgrade or add the address to your authorized recipients: %s"}`},
		fake.BadConfiguration: {http.StatusUnauthorized, "Forbidden"},
		fake.ServerError:      {http.StatusServiceUnavailable, "<html>no upstream for %s</html>"},
	}
	w.WriteHeader(answers[f.Kind].status)
	_, _ = io.WriteString(w, strings.ReplaceAll(answers[f.Kind].body, "%s", r.FormValue("to")))
}

// read takes everything of a request that a test may ask for.
func read(r *http.Request) request {
	in := request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Files: map[string]string{}, at: time.Now()}
	_, in.Key, _ = r.BasicAuth()
	in.Type, in.RawQuery = r.Header.Get("Content-Type"), r.URL.RawQuery
	if r.MultipartForm == nil {
		body, _ := io.ReadAll(r.Body)
		in.Body = string(body)
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
