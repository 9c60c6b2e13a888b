package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

const messages = "/2010-04-01/Accounts/AC1/Messages.json"

func smsForm(set map[string]string) url.Values {
	form := url.Values{
		"To": {"+15550101234"}, "From": {"+18005550100"}, "Body": {"Appointments: Tue 1 Dec 10:00 CET. Ref ABC234. Reply STOP to opt out"},
	}
	for field, value := range set {
		form.Set(field, value)
	}
	return form
}

// text is Twilio's Message resource, as far as the tests look at it.
type text struct {
	SID      string  `json:"sid"`
	Status   any     `json:"status"`
	Body     string  `json:"body"`
	Segments string  `json:"num_segments"`
	DateSent *string `json:"date_sent"`
	Code     int     `json:"code"`
}

func postText(t *testing.T, base string, set map[string]string) (int, text) {
	t.Helper()
	status, body := post(t, base+messages, smsForm(set), "AC1", "token")
	var m text
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	return status, m
}

func TestTheReferenceIsFoundInEveryLanguage(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	for _, text := range []string{"PHARMACY: Ihr Termin. Ref. ABCDE237. STOP", "\u200fClinic: موعدكم. المرجع ABCDE237. STOP", "Nr ABCDE237"} {
		postText(t, server.URL, map[string]string{"Body": text})
	}
	accepts, err := s.Accepts(sandbox.SMS)
	if err != nil || len(accepts) != 3 {
		t.Fatalf("%d accepted, %v", len(accepts), err)
	}
	for _, a := range accepts {
		if a.Reference != "ABCDE237" || a.Identity != accepts[0].Identity {
			t.Errorf("%q: reference %s, another message %t", a.Text, a.Reference, a.Identity != accepts[0].Identity)
		}
	}
}

func TestTwilioCreatesAMessage(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()

	status, m := postText(t, server.URL, nil)

	if status != http.StatusCreated || !strings.HasPrefix(m.SID, "SM") || len(m.SID) != 34 || m.Status != "queued" || m.Segments != "1" || m.DateSent != nil {
		t.Errorf("got %d %+v", status, m)
	}
	accepts, err := s.Accepts(sandbox.SMS)
	if err != nil || len(accepts) != 1 || accepts[0].Reference != "ABC234" || accepts[0].ID != m.SID {
		t.Errorf("the journal says %+v, %v", accepts, err)
	}
}

func TestTwilioRefusesWithItsCodes(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{TwilioAccountSID: "AC1", TwilioAuthToken: "token", TwilioFrom: "+18005550100"}))
	defer server.Close()
	for _, c := range []struct {
		name   string
		set    map[string]string
		status int
		code   int
	}{
		{"no recipient", map[string]string{"To": ""}, 400, 21604},
		{"no sender", map[string]string{"From": ""}, 400, 21603},
		{"no text", map[string]string{"Body": ""}, 400, 21602},
		{"not E.164", map[string]string{"To": "0555"}, 400, 21211},
		{"to oneself", map[string]string{"To": "+18005550100"}, 400, 21266},
		{"over 1600 characters", map[string]string{"Body": strings.Repeat("x", 1601)}, 400, 21617},
		{"not our sender", map[string]string{"From": "+15550109999"}, 400, 21606},
		{"validity over ten hours", map[string]string{"ValidityPeriod": "36001"}, 400, 90007},
		{"magic: opted out", map[string]string{"To": "+15005550004"}, 400, 21610},
		{"magic: not a mobile number", map[string]string{"To": "+15005550009"}, 400, 21614},
		{"magic: the sender's queue is full", map[string]string{"From": "+15005550008"}, 429, 21611},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := postText(t, server.URL, c.set); status != c.status || m.Code != c.code {
				t.Errorf("got %d, code %d", status, m.Code)
			}
		})
	}
	if status, body := post(t, server.URL+messages, smsForm(nil), "AC1", "wrong"); status != 401 || !strings.Contains(body, `"code":20003`) {
		t.Errorf("a wrong token gives %d %s", status, body)
	}
}

// list is a page of Twilio's messages.
type list struct {
	Messages []text  `json:"messages"`
	Next     *string `json:"next_page_uri"`
}

func getList(t *testing.T, address string) list {
	t.Helper()
	_, body := get(t, address, "AC1", "token")
	var page list
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return page
}

func TestTheListLeadsThroughAllMessagesToANumberNewestFirst(t *testing.T) {
	server := httptest.NewServer(open(t, sandbox.Options{}))
	defer server.Close()
	for i := range 5 {
		postText(t, server.URL, map[string]string{"Body": fmt.Sprint(i)})
		postText(t, server.URL, map[string]string{"To": "+15550109876"})
	}

	var bodies string
	for next := messages + "?PageSize=2&To=%2B15550101234"; next != ""; {
		page := getList(t, server.URL+next)
		for _, m := range page.Messages {
			bodies += m.Body
		}
		if next = ""; page.Next != nil {
			next = *page.Next
		}
		postText(t, server.URL, map[string]string{"Body": "later"})
	}

	if bodies != "43210" {
		t.Errorf("the pages hold %q", bodies)
	}
}

func TestTheListFollowsAfterTheVisibilityDelayAndHasNoDateSentAtFirst(t *testing.T) {
	s := open(t, sandbox.Options{SMSVisibility: time.Hour})
	server := httptest.NewServer(s)
	defer server.Close()
	_, m := postText(t, server.URL, nil)

	if n := len(getList(t, server.URL+messages+"?To=%2B15550101234").Messages); n != 0 {
		t.Errorf("visible an hour too early")
	}
	if _, body := get(t, server.URL+"/2010-04-01/Accounts/AC1/Messages/"+m.SID+".json", "AC1", "token"); !strings.Contains(body, m.SID) {
		t.Errorf("a message is fetched by its SID at once, got %s", body)
	}
	s.SetVisibility(sandbox.SMS, 0)
	if n := len(getList(t, server.URL+messages).Messages); n != 1 {
		t.Errorf("found %d", n)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	if n := len(getList(t, server.URL+messages+"?DateSent="+today).Messages); n != 0 {
		t.Errorf("what is only queued has no DateSent, found %d", n)
	}
	s.SetSMSRetention(time.Nanosecond)
	if n := len(getList(t, server.URL+messages).Messages); n != 0 {
		t.Errorf("still listed after its retention")
	}
	if _, body := get(t, server.URL+"/2010-04-01/Accounts/AC1/Messages/"+m.SID+".json", "AC1", "token"); !strings.Contains(body, "20404") {
		t.Errorf("still there by its SID after its retention: %s", body)
	}
}
