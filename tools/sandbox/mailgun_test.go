package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func TestMailgunAnswersAsTheRealOne(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{MailgunKey: "key", MailgunDomain: "mg.example"}))
	defer server.Close()
	for _, c := range []struct {
		name   string
		path   string
		set    map[string]string
		status int
		body   string
	}{
		{"accepted, with the Message-Id that was asked for", "/v3/mg.example/messages", nil, 200, `{"id":"<k1@mg.example>","message":"Queued. Thank you."}`},
		{"two recipients in one field", "/v3/mg.example/messages", map[string]string{"to": "a@x.example,b@x.example"}, 400, `{"message":"'to' parameter is not a valid address. please check documentation"}`},
		{"no recipient", "/v3/mg.example/messages", map[string]string{"to": ""}, 400, `{"message":"to parameter is missing"}`},
		{"no sender", "/v3/mg.example/messages", map[string]string{"from": ""}, 400, `{"message":"from parameter is missing"}`},
		{"no content", "/v3/mg.example/messages", map[string]string{"text": ""}, 400, `{"message":"Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"}`},
		{"options over 16 KB", "/v3/mg.example/messages", map[string]string{"v:big": strings.Repeat("x", 17<<10)}, 400, `{"message":"Send options (parameters starting with o:, h:, v:, or t:) are limited to 16KB total"}`},
		{"unknown domain", "/v3/other.example/messages", nil, 404, `{"message":"Domain not found: other.example"}`},
		{"doubled slash, not cleaned", "/v3//mg.example/messages", nil, 404, `{"message":"Not Found"}`},
		{"no version in the path", "/mg.example/messages", nil, 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := post(t, server.URL+c.path, mailForm(c.set), "api", "key")
			if status != c.status || c.body != "" && strings.TrimSpace(body) != c.body {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

func TestMailgunRefusesAWrongKeyInPlainText(t *testing.T) {
	s := open(t, sandbox.Options{MailgunKey: "key"})
	server := httptest.NewServer(s)
	defer server.Close()

	status, body := post(t, server.URL+"/v3/mg.example/messages", mailForm(nil), "api", "wrong")

	if status != http.StatusUnauthorized || body != "Forbidden" {
		t.Errorf("got %d %q", status, body)
	}
	if got := s.Stats().Email; got.Accepted != 0 || got.Refused != 1 {
		t.Errorf("counted as %+v", got)
	}
}

// events is a page of Mailgun's events.
type events struct {
	Items []struct {
		Event     string            `json:"event"`
		Recipient string            `json:"recipient"`
		Timestamp float64           `json:"timestamp"`
		Variables map[string]string `json:"user-variables"`
		Message   struct {
			Headers map[string]string `json:"headers"`
		} `json:"message"`
	} `json:"items"`
	Paging map[string]string `json:"paging"`
}

func (e events) recipients() []string {
	var found []string
	for _, item := range e.Items {
		found = append(found, item.Recipient)
	}
	return found
}

func getEvents(t *testing.T, address string) events {
	t.Helper()
	status, body := get(t, address, "api", "key")
	var page events
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	return page
}

func TestAnEventShowsOnlyAfterTheVisibilityDelayAndOnlyWhileKept(t *testing.T) {
	s := open(t, sandbox.Options{EmailVisibility: time.Hour})
	server := httptest.NewServer(s)
	defer server.Close()
	mail(t, server.URL, nil)
	ask := server.URL + "/v3/mg.example/events?message-id=k1@mg.example&event=accepted"

	if n := len(getEvents(t, ask).Items); n != 0 {
		t.Errorf("visible an hour too early")
	}
	s.SetVisibility(sandbox.Email, 0)
	page := getEvents(t, ask)
	if len(page.Items) != 1 || page.Items[0].Message.Headers["message-id"] != "k1@mg.example" || page.Items[0].Variables["appointment_id"] != "17" {
		t.Errorf("got %+v", page)
	}
	soon := fmt.Sprint(time.Now().Add(time.Minute).Unix())
	if n := len(getEvents(t, ask+"&ascending=yes&begin="+soon).Items); n != 0 {
		t.Errorf("visible although the search begins after it")
	}
	s.SetEmailRetention(time.Nanosecond)
	if n := len(getEvents(t, ask).Items); n != 0 {
		t.Errorf("still visible after its retention")
	}
}

func TestEventPagesLeadThroughAllMessagesBothWays(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	for i := range 5 {
		mail(t, server.URL, map[string]string{"to": fmt.Sprintf("p%d@patients.example", i), "h:Message-Id": fmt.Sprintf("<k%d@mg.example>", i)})
	}
	begin := fmt.Sprint(time.Now().Add(-time.Minute).Unix())

	var ascending []string
	for address := server.URL + "/v3/mg.example/events?ascending=yes&limit=2&begin=" + begin; ; {
		page := getEvents(t, address)
		if len(page.Items) == 0 {
			break
		}
		ascending = append(ascending, page.recipients()...)
		address = page.Paging["next"]
	}
	if want := []string{"p0@patients.example", "p1@patients.example", "p2@patients.example", "p3@patients.example", "p4@patients.example"}; !slices.Equal(ascending, want) {
		t.Errorf("forwards: %v", ascending)
	}

	last := getEvents(t, getEvents(t, server.URL+"/v3/mg.example/events?limit=2").Paging["last"])
	before := getEvents(t, last.Paging["previous"])
	if want := []string{"p3@patients.example", "p2@patients.example"}; !slices.Equal(before.recipients(), want) {
		t.Errorf("newest first, the page before the last: %v", before.recipients())
	}
}

func TestEventsNeedADirectionAsMailgunDocuments(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	mail(t, server.URL, nil)
	events := server.URL + "/v3/mg.example/events?begin=" + url.QueryEscape(time.Now().Add(-time.Minute).Format(time.RFC1123Z))

	if status, body := get(t, events, "api", "key"); status != http.StatusBadRequest {
		t.Errorf("a begin alone gives %d %s", status, body)
	}
	if n := len(getEvents(t, events+"&ascending=no").Items); n != 0 {
		t.Errorf("ascending=no searches from the begin into the past, found %d", n)
	}
	if n := len(getEvents(t, events+"&ascending=yes").Items); n != 1 {
		t.Errorf("ascending=yes searches from the begin on, found %d", n)
	}
}
