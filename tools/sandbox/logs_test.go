package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// logs is a page of Mailgun's logs.
type logs struct {
	status     int
	Items      []map[string]any
	Pagination struct{ Next string }
	Message    string
}

// ids returns the Message-Ids of the rows.
func (l logs) ids() string {
	var found []string
	for _, row := range l.Items {
		found = append(found, fmt.Sprint(row["message"].(map[string]any)["headers"].(map[string]any)["message-id"]))
	}
	return strings.Join(found, " ")
}

// searchLogs asks with the members of a search besides its filters.
func searchLogs(t *testing.T, base, key, members string, filters ...string) (page logs) {
	t.Helper()
	var and []string
	for i := 0; i < len(filters); i += 2 {
		and = append(and, fmt.Sprintf(`{"attribute":%q,"comparator":"=","values":[{"label":%[2]q,"value":%[2]q}]}`, filters[i], filters[i+1]))
	}
	body := `{` + members + `"filter":{"AND":[` + strings.Join(and, ",") + `]}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/analytics/logs", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("api", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(answer, &page); err != nil && resp.StatusCode == http.StatusOK {
		t.Fatalf("%s: %v", answer, err)
	}
	page.status = resp.StatusCode
	return page
}

func TestMailgunsLogsAreSearchedOverAllDomains(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	for i := range 3 {
		mail(t, server.URL, map[string]string{"h:Message-Id": fmt.Sprintf("<k%d@mg.example>", i)})
	}
	old := fmt.Sprintf(`"start":%q,`, time.Now().Add(-time.Hour).Format(time.RFC1123Z))
	for name, c := range map[string]struct {
		members string
		filters []string
		want    string
	}{
		"all":             {old, nil, "k0@mg.example k1@mg.example k2@mg.example"},
		"one message":     {old, []string{"domain", "mg.example", "message_id", "k1@mg.example"}, "k1@mg.example"},
		"another domain":  {old, []string{"domain", "other.example"}, ""},
		"another event":   {old + `"events":["delivered"],`, nil, ""},
		"after it":        {fmt.Sprintf(`"start":%q,`, time.Now().Add(time.Minute).Format(time.RFC1123Z)), nil, ""},
		"with the filter": {old + `"events":["accepted","failed"],`, []string{"domain", "mg.example"}, "k0@mg.example k1@mg.example k2@mg.example"},
	} {
		if page := searchLogs(t, server.URL, "key", c.members, c.filters...); page.ids() != c.want || page.status != 200 {
			t.Errorf("%s: %d %q, want %q", name, page.status, page.ids(), c.want)
		}
	}
	page := searchLogs(t, server.URL, "key", `"pagination":{"limit":2},`)
	rest := searchLogs(t, server.URL, "key", fmt.Sprintf(`"pagination":{"limit":2,"token":%q},`, page.Pagination.Next))
	if page.ids()+"|"+rest.ids() != "k0@mg.example k1@mg.example|k2@mg.example" || rest.Pagination.Next != "" {
		t.Errorf("pages %q and %q", page.ids(), rest.ids())
	}
}

func TestMailgunsLogsRefuseAsTheRealOnesDo(t *testing.T) {
	s := open(t, sandbox.Options{MailgunKey: "key", MailgunReadKey: "read"})
	server := httptest.NewServer(s)
	defer server.Close()
	mail(t, server.URL, nil)
	s.SetEmailRetention(time.Hour)
	for name, c := range map[string]struct {
		key, members string
		filters      []string
		want         int
	}{
		"with the right":        {"read", `"start":"` + time.Now().Add(-time.Minute).Format(time.RFC1123Z) + `",`, nil, 200},
		"with the sending key":  {"key", "", nil, 401},
		"before what is kept":   {"read", `"start":"` + time.Now().Add(-2*time.Hour).Format(time.RFC1123Z) + `",`, nil, 400},
		"no date":               {"read", `"start":"yesterday",`, nil, 400},
		"a page too large":      {"read", `"pagination":{"limit":101},`, nil, 400},
		"the name of the other": {"read", "", []string{"message-id", "k1@mg.example"}, 400},
	} {
		if page := searchLogs(t, server.URL, c.key, c.members, c.filters...); page.status != c.want {
			t.Errorf("%s: %d, want %d", name, page.status, c.want)
		}
	}
	if status, _ := get(t, server.URL+"/v3/mg.example/events", "api", "key"); status != http.StatusUnauthorized {
		t.Errorf("events are shown to the sending key: %d", status)
	}
}

func TestMailgunsLogsAreDistortedAsScripted(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	for i := range 2 {
		mail(t, server.URL, map[string]string{"h:Message-Id": fmt.Sprintf("<k%d@mg.example>", i)})
	}
	ask := func() logs { return searchLogs(t, server.URL, "key", "") }
	for ending, right := range map[string]func(logs) bool{
		script.Brackets:    func(l logs) bool { return l.ids() == "<k0@mg.example> <k1@mg.example>" },
		script.NullFields:  func(l logs) bool { tags, there := l.Items[0]["tags"]; return there && tags == nil },
		script.RepeatToken: func(l logs) bool { return l.Pagination.Next != "" && len(l.Items) == 2 },
		script.Withhold:    func(l logs) bool { return l.ids() == "k0@mg.example" },
	} {
		rule := sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: script.Logs}, Count: 1, Action: sandbox.Action{Type: script.Distort, Ending: ending}}
		if _, err := s.Script(rule); err != nil {
			t.Fatal(err)
		}
		if page := ask(); !right(page) {
			t.Errorf("%s: %+v", ending, page)
		}
		if page := ask(); page.ids() != "k0@mg.example k1@mg.example" || page.Pagination.Next != "" {
			t.Errorf("after %s: %+v", ending, page)
		}
	}
	if _, err := s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Distort, Ending: script.Brackets}}); err == nil {
		t.Error("a distortion that could never act was taken")
	}
}

func TestTheEventsCanBeSwitchedOffAlone(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	if _, err := s.Script(sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: script.Events}, Action: sandbox.Action{Type: script.Answer, Status: 410}}); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, server.URL+"/v3/mg.example/events", "api", "key"); status != http.StatusGone {
		t.Errorf("events answer %d", status)
	}
	if page := searchLogs(t, server.URL, "key", ""); page.status != http.StatusOK {
		t.Errorf("logs answer %d", page.status)
	}
}
