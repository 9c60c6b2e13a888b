package twilio_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	sender  = "+18885550100"
)

// tooOld reports whether a list begins before what Twilio keeps.
func tooOld(after string) bool {
	begin, err := time.Parse(time.RFC3339, after)
	return err == nil && time.Since(begin) > 400*24*time.Hour
}

// listed is a message as Twilio lists it.
type listed map[string]any

// scripted is a Twilio that does as it is told.
type scripted struct {
	*providertest.Server
	mu sync.Mutex
	// requests are those that arrived, with their forms; messages is the list,
	// newest first.
	requests []*http.Request
	accepted []string
	messages []listed
	made     map[*http.Request]listed
	// loops makes each page name itself as the next one.
	loops bool
	// answer, if set, replaces the usual answer.
	answer http.HandlerFunc
}

func newScripted(t *testing.T) *scripted {
	s := &scripted{made: map[*http.Request]listed{}}
	s.Server = providertest.NewServer(t, providertest.Answers{Accept: s.accept, Usual: s.usual, Faulty: faulty})
	return s
}

// config returns settings that lead to s.
func (s *scripted) config() twilio.Config {
	return twilio.Config{
		AccountSID: account, AuthToken: token, From: sender, BaseURL: s.URL, Timeout: 5 * time.Second, Visibility: time.Minute, Slots: 64,
		Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), DialContext: s.DialContext,
	}
}

func newSender(t *testing.T, cfg twilio.Config) *twilio.Sender {
	t.Helper()
	s, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (s *scripted) recipients() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.accepted...)
}

func (s *scripted) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.requests...)
}

// add puts a message in front of the list.
func (s *scripted) add(m listed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m["sid"] == noSID {
		m["sid"] = fmt.Sprintf("SM%032x", 1<<32+len(s.messages))
	}
	s.messages = append([]listed{m}, s.messages...)
}

func (s *scripted) accept(r *http.Request) {
	m := message(r.PostForm.Get("To"), r.PostForm.Get("From"), r.PostForm.Get("Body"))
	s.mu.Lock()
	s.accepted = append(s.accepted, r.PostForm.Get("To"))
	m["sid"] = fmt.Sprintf("SM%032x", len(s.accepted))
	s.made[r] = m
	s.mu.Unlock()
	s.add(m)
}

// noSID is the id of a message that is not in the list yet.
const noSID = ""

// message returns a message that was made just now and is still queued.
func message(to, from, body string) listed {
	return listed{
		"account_sid": account, "sid": noSID, "to": to, "from": from, "body": body, "status": "queued",
		"direction": "outbound-api", "num_media": "0", "num_segments": "1", "error_code": nil, "price": nil,
		"date_created": time.Now().UTC().Format(time.RFC1123Z), "date_sent": nil,
	}
}

func (s *scripted) usual(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	answer := s.answer
	s.mu.Unlock()
	user, password, _ := r.BasicAuth()
	switch {
	case answer != nil:
		answer(w, r)
	case user != account || password != token || !strings.HasPrefix(r.URL.Path, "/2010-04-01/Accounts/"+account+"/"):
		refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
	case r.Method == http.MethodPost:
		s.mu.Lock()
		defer s.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(s.made[r])
	case strings.Contains(r.URL.Path, "/Messages/"):
		s.fetch(w, r)
	case tooOld(r.URL.Query().Get("DateSent>")):
		refuse(w, http.StatusBadRequest, 20004, "Dates older than 400 days are not listed")
	default:
		_ = json.NewEncoder(w).Encode(s.list(r))
	}
}

// list answers a look-up: one page, and where the next one is. A page begins behind
// the message that its token names, whatever was sent meanwhile.
func (s *scripted) list(r *http.Request) map[string]any {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("PageSize"))
	number, _ := strconv.Atoi(q.Get("Page"))
	found, behind := []listed{}, q.Get("PageToken") == ""
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if behind && m.matches(q) {
			found = append(found, maps.Clone(m))
		}
		behind = behind || q.Get("PageToken") == fmt.Sprint("PA", m["sid"])
	}
	page := map[string]any{"messages": found[:min(len(found), size)], "next_page_uri": nil, "page": number}
	if len(found) > size {
		next := r.URL.Query()
		next.Set("Page", strconv.Itoa(number+1))
		next.Set("PageToken", fmt.Sprint("PA", found[size-1]["sid"]))
		page["next_page_uri"] = r.URL.Path + "?" + next.Encode()
	}
	if s.loops {
		page["next_page_uri"] = r.URL.RequestURI()
	}
	return page
}

// matches applies Twilio's filters. The dates pass over what was not sent.
func (m listed) matches(q url.Values) bool {
	if to := q.Get("To"); to != "" && m["to"] != to {
		return false
	}
	from, fromErr := time.Parse(time.RFC3339, q.Get("DateSent>"))
	until, untilErr := time.Parse(time.RFC3339, q.Get("DateSent<"))
	text, _ := m["date_sent"].(string)
	sent, err := time.Parse(time.RFC1123Z, text)
	return (fromErr != nil || err == nil && !sent.Before(from)) && (untilErr != nil || err == nil && !sent.After(until))
}

// fetch answers a question about one message.
func (s *scripted) fetch(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if strings.HasSuffix(r.URL.Path, fmt.Sprintf("/Messages/%s.json", m["sid"])) {
			_ = json.NewEncoder(w).Encode(m)
			return
		}
	}
	refuse(w, http.StatusNotFound, 20404, "The requested resource was not found")
}

// faulty ends a request as the fault says, with Twilio's texts.
func faulty(w http.ResponseWriter, r *http.Request, f fake.Fault) {
	to := r.FormValue("To")
	switch f.Kind {
	case fake.Unrecognized:
		w.WriteHeader(map[string]int{http.MethodPost: http.StatusCreated, http.MethodGet: http.StatusOK}[r.Method])
		_, _ = io.WriteString(w, "{}")
	case fake.RateLimited:
		refuse(w, http.StatusTooManyRequests, 20429, "Too Many Requests")
	case fake.BadRecipient:
		refuse(w, http.StatusBadRequest, 21211, "The 'To' number "+to+" is not a valid phone number.")
	case fake.BadMessage:
		refuse(w, http.StatusBadRequest, 21617, "The concatenated message body to "+to+" exceeds the 1600 character limit.")
	case fake.UnknownRefusal:
		refuse(w, http.StatusBadRequest, 29999, "The moon is in the wrong phase for "+to)
	case fake.AmbiguousRefusal:
		refuse(w, http.StatusBadRequest, 21606, "The 'From' phone number is not a valid, SMS-capable inbound phone number or short code for your account or to "+to)
	case fake.BadConfiguration:
		refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
	default:
		http.Error(w, "<html>no upstream for "+to+"</html>", http.StatusServiceUnavailable)
	}
}

// refuse answers as Twilio's API does.
func refuse(w http.ResponseWriter, status, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": code, "message": text, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": status,
	})
}

// fixed answers everything the same way.
func fixed(status int, contentType, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
