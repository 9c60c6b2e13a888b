package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// instant makes everything happen within microseconds of the acceptance: before the
// next request can arrive.
func instant(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	s := open(t, sandbox.Options{})
	s.SetDelivery(sandbox.Email, time.Microsecond)
	s.SetDelivery(sandbox.SMS, time.Microsecond)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// history returns what Mailgun's logs tell of a message besides its acceptance.
func history(t *testing.T, base, id string) (told string) {
	t.Helper()
	page := searchLogs(t, base, "key", `"events":["delivered","failed","complained","rejected"],`, "message_id", id)
	for _, row := range page.Items {
		text := fmt.Sprint(row["event"])
		if row["event"] == "failed" {
			text += fmt.Sprintf("/%s/%s/%v", row["severity"], row["reason"], row["delivery-status"].(map[string]any)["code"])
		}
		if flags, _ := row["flags"].(map[string]any); flags["is-delayed-bounce"] == true {
			text += "/late"
		}
		told += text + " "
	}
	return strings.TrimSpace(told)
}

func TestWhatBecomesOfAnEmailIsWhatItsRecipientOrARuleSays(t *testing.T) {
	s, base := instant(t)
	for i, c := range []struct {
		to   string
		rule script.Action
		want string
	}{
		{"jane@patients.example", script.Action{}, "delivered"},
		{"bounce-7@patients.example", script.Action{}, "failed/permanent/bounce/550"},
		{"late-bounce@patients.example", script.Action{}, "delivered failed/permanent/bounce/550/late"},
		{"suppressed+x@patients.example", script.Action{}, "failed/permanent/suppress-bounce/605"},
		{"complaint@patients.example", script.Action{}, "delivered complained"},
		{"slow@patients.example", script.Action{}, "failed/temporary/generic/550 delivered"},
		{"silent@patients.example", script.Action{}, ""},
		{"bouncer@patients.example", script.Action{}, "delivered"},
		{"jane@patients.example", script.Action{Type: script.Fate, Ending: script.Undelivered, Code: 607}, "failed/permanent/suppress-complaint/607"},
		{"bounce@patients.example", script.Action{Type: script.Fate, Ending: script.Delivered}, "delivered"},
		{"jane@patients.example", script.Action{Type: script.Fate, Ending: script.Undelivered, Delay: time.Hour}, ""},
	} {
		s.Clear()
		if c.rule.Type != "" {
			if _, err := s.Script(sandbox.Rule{Action: c.rule}); err != nil {
				t.Fatal(err)
			}
		}
		id := fmt.Sprintf("f%d@mg.example", i)
		mail(t, base, map[string]string{"to": c.to, "h:Message-Id": "<" + id + ">"})
		if got := history(t, base, id); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.to, c.rule.Ending, got, c.want)
		}
	}
}

// Both APIs show one row per thing that happened, in the order of time, on pages.
func TestPagesOfEventsHoldWhatHappenedInTheOrderOfTime(t *testing.T) {
	_, base := instant(t)
	for i := range 3 {
		mail(t, base, map[string]string{"to": "late-bounce@patients.example", "h:Message-Id": fmt.Sprintf("<k%d@mg.example>", i)})
	}
	var seen []string
	begin := url.QueryEscape(time.Now().Add(-time.Minute).Format(time.RFC1123Z))
	address := base + "/v3/mg.example/events?ascending=yes&limit=2&event=delivered+OR+failed&begin=" + begin
	last := 0.0
	for page := getEvents(t, address); len(page.Items) > 0; page = getEvents(t, page.Paging["next"]) {
		for _, item := range page.Items {
			if item.Timestamp < last {
				t.Errorf("%v after %v", item.Timestamp, last)
			}
			last = item.Timestamp
			seen = append(seen, item.Event+item.Message.Headers["message-id"])
		}
	}
	if len(seen) != 6 {
		t.Errorf("seen %q", seen)
	}
}

func TestWhatBecomesOfATextIsWhatItsRecipientOrARuleSays(t *testing.T) {
	s, base := instant(t)
	for _, c := range []struct {
		to   string
		rule script.Action
		want string
	}{
		{"+15550101234", script.Action{}, "delivered sent:true"},
		{"+15550130007", script.Action{}, "undelivered sent:true 30007"},
		{"+15550130032", script.Action{}, "failed sent:false 30032"},
		{"+15550101234", script.Action{Type: script.Fate, Ending: script.LateBounce}, "undelivered sent:true 30003"},
		{"+15550101234", script.Action{Type: script.Fate, Ending: script.FallsBack}, "sent sent:true"},
		{"+15550101234", script.Action{Type: script.Fate, Ending: script.Unsent, Code: 63038}, "failed sent:false 63038"},
		{"+15550101234", script.Action{Type: script.Fate, Ending: script.Silent}, "queued sent:false"},
	} {
		s.Clear()
		if c.rule.Type != "" {
			if _, err := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS}, Action: c.rule}); err != nil {
				t.Fatal(err)
			}
		}
		_, body := post(t, base+"/2010-04-01/Accounts/AC1/Messages.json", smsForm(map[string]string{"To": c.to}), "AC1", "token")
		var m struct {
			SID, Status string
			Sent        *string `json:"date_sent"`
			Code        *int    `json:"error_code"`
		}
		_ = json.Unmarshal([]byte(body), &m)
		_, body = get(t, base+"/2010-04-01/Accounts/AC1/Messages/"+m.SID+".json", "AC1", "token")
		_ = json.Unmarshal([]byte(body), &m)
		got := fmt.Sprintf("%s sent:%t", m.Status, m.Sent != nil)
		if m.Code != nil {
			got += fmt.Sprint(" ", *m.Code)
		}
		if got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.to, c.rule.Ending, got, c.want)
		}
	}
}

func TestTheInboxShowsTheReceiptBesideTheMessage(t *testing.T) {
	_, base := instant(t)
	mail(t, base, map[string]string{"to": "bounce@patients.example"})
	for _, address := range []string{"/_inbox/messages?channel=email", "/_inbox/messages/1"} {
		if _, body := get(t, base+address, "", ""); !strings.Contains(body, `"receipt":"undelivered","code":550`) {
			t.Errorf("%s: %s", address, body)
		}
	}
}

func TestALookUpOfTextsIsDistortedAsScripted(t *testing.T) {
	s, base := instant(t)
	for i := range 2 {
		post(t, base+"/2010-04-01/Accounts/AC1/Messages.json", smsForm(map[string]string{"Body": fmt.Sprint("Ref ABC23", i)}), "AC1", "token")
	}
	for ending, right := range map[string]func(map[string]any) bool{
		script.Withhold:    func(p map[string]any) bool { return len(p["messages"].([]any)) == 1 },
		script.RepeatToken: func(p map[string]any) bool { return p["next_page_uri"] == p["uri"] },
		script.NullFields: func(p map[string]any) bool {
			return p["messages"].([]any)[0].(map[string]any)["from"] == nil
		},
	} {
		rule := sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS, Kind: "lookup"}, Count: 1, Action: sandbox.Action{Type: script.Distort, Ending: ending}}
		if _, err := s.Script(rule); err != nil {
			t.Fatal(err)
		}
		var page map[string]any
		_, body := get(t, base+"/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token")
		if err := json.Unmarshal([]byte(body), &page); err != nil || !right(page) {
			t.Errorf("%s: %s", ending, body)
		}
	}
	s.SetSMSRetention(time.Hour)
	old := url.QueryEscape(time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339))
	if status, body := get(t, base+"/2010-04-01/Accounts/AC1/Messages.json?DateSent%3E="+old, "AC1", "token"); status != 400 || !strings.Contains(body, "20004") {
		t.Errorf("a list from before the retention: %d %s", status, body)
	}
}
