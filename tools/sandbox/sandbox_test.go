package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
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

// mail posts an e-mail and returns the answer, or nil when there was none.
func mail(t *testing.T, base string, set map[string]string) *http.Response {
	t.Helper()
	form := url.Values{
		"from": {"Clinic <clinic@mg.example>"}, "to": {"jane@patients.example"}, "subject": {"Your appointment"},
		"text": {"See you"}, "h:Message-Id": {"<k1@mg.example>"}, "v:appointment_id": {"17"},
	}
	for field, value := range set {
		form.Set(field, value)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v3/mg.example/messages", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("api", "key")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func TestTheSecondAcceptOfOneMessageIdIsDoubled(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()

	mail(t, server.URL, nil)
	mail(t, server.URL, map[string]string{"subject": "Moved"})
	mail(t, server.URL, map[string]string{"h:Message-Id": "<k2@mg.example>"})

	got := s.Stats().Email
	if got.Accepted != 3 || got.Distinct != 2 || got.Doubled != 1 {
		t.Errorf("3 accepts of 2 Message-Ids are counted as %+v", got)
	}
	if got.RepeatedBody != 1 {
		t.Errorf("one body was repeated under another Message-Id, counted %d", got.RepeatedBody)
	}
}

func TestARestartRemembersWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepts.jsonl")
	first := open(t, sandbox.Options{LogPath: path})
	server := httptest.NewServer(first)
	mail(t, server.URL, nil)
	server.Close()

	second := open(t, sandbox.Options{LogPath: path})
	server = httptest.NewServer(second)
	defer server.Close()
	mail(t, server.URL, nil)

	if got := second.Stats().Email; got.Doubled != 1 {
		t.Errorf("the accept before the restart is forgotten: %+v", got)
	}
}
