package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func open(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mailForm(set map[string]string) url.Values {
	form := url.Values{
		"from": {"Clinic <clinic@mg.example>"}, "to": {"jane@patients.example"}, "subject": {"Your appointment"},
		"text": {"See you"}, "h:Message-Id": {"<k1@mg.example>"}, "v:appointment_id": {"17"},
	}
	for field, value := range set {
		form.Set(field, value)
	}
	return form
}

// mail posts an e-mail; the status is 0 when there was no complete answer.
func mail(t *testing.T, base string, set map[string]string) int {
	t.Helper()
	status, _ := post(t, base+"/v3/mg.example/messages", mailForm(set), "api", "key")
	return status
}

func post(t *testing.T, address string, form url.Values, user, password string) (int, string) {
	t.Helper()
	return do(t, http.MethodPost, address, strings.NewReader(form.Encode()), user, password)
}

func get(t *testing.T, address, user, password string) (int, string) {
	t.Helper()
	return do(t, http.MethodGet, address, nil, user, password)
}

func do(t *testing.T, method, address string, body io.Reader, user, password string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(user, password)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, string(text)
	}
	return answer.StatusCode, string(text)
}

func TestTheSecondAcceptOfOneNotificationIsDoubled(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()

	mail(t, server.URL, nil)
	mail(t, server.URL, map[string]string{"subject": "Moved"})
	mail(t, server.URL, map[string]string{"h:Message-Id": "<k2@mg.example>"})
	postText(t, server.URL, nil)
	postText(t, server.URL, nil)
	postText(t, server.URL, map[string]string{"To": "+15550109876"})

	email, sms := s.Stats().Email, s.Stats().SMS
	if email.Accepted != 3 || email.Distinct != 2 || email.Doubled != 1 {
		t.Errorf("3 accepts of 2 Message-Ids are counted as %+v", email)
	}
	if email.RepeatedBody != 1 {
		t.Errorf("one body was repeated under another Message-Id, counted %d", email.RepeatedBody)
	}
	if sms.Accepted != 3 || sms.Distinct != 2 || sms.Doubled != 1 {
		t.Errorf("3 accepts of 2 pairs of number and text are counted as %+v", sms)
	}
}

func TestARestartRemembersWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepts.jsonl")
	first := open(t, sandbox.Options{LogPath: path})
	server := httptest.NewServer(first)
	mail(t, server.URL, nil)
	server.Close()
	tear(t, path)

	second := open(t, sandbox.Options{LogPath: path})
	server = httptest.NewServer(second)
	defer server.Close()

	if n := len(getEvents(t, server.URL+"/v3/mg.example/events?message-id=k1@mg.example").Items); n != 1 {
		t.Errorf("the look-up finds %d messages", n)
	}
	mail(t, server.URL, nil)
	if got := second.Stats().Email; got.Doubled != 1 {
		t.Errorf("the accept before the restart is forgotten: %+v", got)
	}
	if again := open(t, sandbox.Options{LogPath: path}); again.Stats().Email.Accepted != 2 {
		t.Errorf("the torn line damaged what follows it: %+v", again.Stats().Email)
	}
}

// tear leaves the beginning of a line, as a crash in the middle of a write.
func tear(t *testing.T, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"seq":2,"unix_na`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAResetForgetsButTheFileDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepts.jsonl")
	s := open(t, sandbox.Options{LogPath: path})
	server := httptest.NewServer(s)
	defer server.Close()
	mail(t, server.URL, nil)

	if status, _ := post(t, server.URL+"/_sandbox/reset", nil, "", ""); status != http.StatusNoContent {
		t.Fatalf("got %d", status)
	}
	mail(t, server.URL, nil)

	accepts, err := s.Accepts("")
	if err != nil || len(accepts) != 1 || accepts[0].Seq != 3 {
		t.Errorf("after a reset: %+v, %v", accepts, err)
	}
	if s.Stats().Email.Doubled != 0 {
		t.Errorf("counted from before the reset: %+v", s.Stats().Email)
	}
	if raw, err := os.ReadFile(path); err != nil || strings.Count(string(raw), "\n") != 3 {
		t.Errorf("the file has lost lines: %s, %v", raw, err)
	}
}
