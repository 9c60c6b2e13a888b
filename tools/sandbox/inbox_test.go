package sandbox_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func TestTheInboxShowsAnEmailWithItsCalendarFile(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	postMultipart(t, server.URL)

	_, body := get(t, server.URL+"/_inbox/messages?channel=email&q=JANE", "", "")
	if !strings.Contains(body, `"recipient":"jane@patients.example"`) || !strings.Contains(body, `"total":1`) {
		t.Errorf("list: %s", body)
	}
	if _, body = get(t, server.URL+"/_inbox/messages?channel=email&q=john", "", ""); !strings.Contains(body, `"total":0`) {
		t.Errorf("a search for somebody else finds %s", body)
	}
	_, body = get(t, server.URL+"/_inbox/messages/1", "", "")
	var m struct {
		Headers [][2]string `json:"headers"`
		HasHTML bool        `json:"has_html"`
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || !m.HasHTML || len(m.Headers) != 1 || m.Headers[0][1] != "auto-generated" {
		t.Errorf("message: %s, %v", body, err)
	}
	header, body := fetch(t, server.URL+"/_inbox/messages/1/files/0")
	if body != "BEGIN:VCALENDAR" || !strings.HasPrefix(header.Get("Content-Type"), "text/calendar") || !strings.Contains(header.Get("Content-Disposition"), "a.ics") {
		t.Errorf("file: %v %s", header, body)
	}
}

func TestTheInboxTellsTheLanguageOfAnEmail(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, value := range map[string]string{
		"from": "clinic@mg.clinic.example", "to": "jane@patients.example", "subject": "x", "text": "x",
		"html": `<!DOCTYPE html><html lang="ar" dir="rtl"><p dir="ltr">x</p></html>`,
	} {
		_ = form.WriteField(field, value)
	}
	_ = form.Close()
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v3/mg.clinic.example/messages", &body)
	if err != nil {
		t.Fatal(err)
	}
	post.SetBasicAuth("api", "key")
	post.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if _, m := get(t, server.URL+"/_inbox/messages/1", "", ""); !strings.Contains(m, `"lang":"ar","dir":"rtl"`) {
		t.Errorf("message: %s", m)
	}
}

func TestTheHTMLOfAnEmailHasNoRights(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	postMultipart(t, server.URL)

	header, body := fetch(t, server.URL+"/_inbox/messages/1/html")

	policy := header.Get("Content-Security-Policy")
	if body != "<script>alert(1)</script>" || !strings.HasPrefix(policy, "sandbox;") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%q under %q", body, policy)
	}
	if page, _ := fetch(t, server.URL+"/"); strings.Contains(page.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("the page itself is under %q", page.Get("Content-Security-Policy"))
	}
}

func TestTheBoardOfTheDemoIsMountedAndOnlyForItsOwnPage(t *testing.T) {
	pressed := 0
	demo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pressed++
		_, _ = w.Write([]byte(r.URL.Path))
	})
	server := httptest.NewServer(open(t, sandbox.Options{Controls: demo}))
	defer server.Close()

	if _, body := get(t, server.URL+"/_demo/board", "", ""); body != "/_demo/board" {
		t.Errorf("got %s", body)
	}
	if _, page := fetch(t, server.URL+"/sms"); !strings.Contains(page, `data-board="/_demo/board"`) {
		t.Errorf("the page does not know the board: %s", page)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/_demo/kill", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || pressed != 1 {
		t.Errorf("a button pressed by another site: %d", answer.StatusCode)
	}
}

func fetch(t *testing.T, address string) (http.Header, string) {
	t.Helper()
	answer, err := http.DefaultClient.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.Header, body.String()
}

func postMultipart(t *testing.T, base string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range map[string]string{
		"from": "clinic@mg.example", "to": "jane@patients.example", "subject": "Hello", "html": "<script>alert(1)</script>", "h:Auto-Submitted": "auto-generated",
	} {
		if err := w.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("attachment", "a.ics")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("BEGIN:VCALENDAR")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v3/mg.example/messages", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.SetBasicAuth("api", "key")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	_ = answer.Body.Close()
}
