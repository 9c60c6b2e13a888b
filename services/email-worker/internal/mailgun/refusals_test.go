package mailgun

import (
	"fmt"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// The bodies are Mailgun's, as documented or as customers published them.
func TestEachRefusalOfMailgunHasItsClass(t *testing.T) {
	table := refusals()
	unused := map[string]bool{}
	for _, r := range table {
		unused[fmt.Sprintf("%+v", r)] = true
	}
	for _, c := range []struct {
		status int
		body   string
		class  domain.Class
		code   string
	}{
		{400, `{"message":"'to' parameter is not a valid address. please check documentation"}`, domain.ClassRecipientRejected, "mailgun.400"},
		{400, `{"message":"to parameter is not a valid address. please check documentation"}`, domain.ClassRecipientRejected, "mailgun.400"},
		{400, `{"message":"'from' parameter is not a valid address. please check documentation"}`, domain.ClassConfiguration, "mailgun.400.from"},
		{400, `{"message":"from parameter is missing"}`, domain.ClassConfiguration, "mailgun.400.from"},
		{400, `{"message":"Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"}`, domain.ClassMessageRejected, "mailgun.400"},
		{400, `{"message":"Send options (parameters starting with o:, h:, or v:) are limited to 16KB total"}`, domain.ClassMessageRejected, "mailgun.400"},
		{400, `{"message":"Header name must be pure ASCII"}`, domain.ClassMessageRejected, "mailgun.400"},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: recipient limit exceeded"}`, domain.ClassConfiguration, "mailgun.400.not_allowed"},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: You are sending too fast. Your account is on probation and the account has been temporarily disabled."}`, domain.ClassConfiguration, "mailgun.400.not_allowed"},
		{400, `{"message":"something new"}`, domain.ClassMessageRejected, "mailgun.400.unrecognized"},
		{400, ``, domain.ClassMessageRejected, "mailgun.400.unrecognized"},
		{401, `Forbidden`, domain.ClassConfiguration, "mailgun.401"},
		{402, `{"message":"Parameters were valid but request failed"}`, domain.ClassConfiguration, "mailgun.402"},
		{403, `{"message":"Domain mg.clinic.example is not allowed to send: Account Inactivity"}`, domain.ClassConfiguration, "mailgun.403.not_allowed"},
		{403, `{"message":"Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings."}`, domain.ClassConfiguration, "mailgun.403.sandbox"},
		{403, `{"message":"Forbidden"}`, domain.ClassConfiguration, "mailgun.403"},
		{404, `{"message":"Domain not found: mg.clinic.example"}`, domain.ClassConfiguration, "mailgun.404"},
		{405, `Method Not Allowed`, domain.ClassConfiguration, "mailgun.405"},
		{407, ``, domain.ClassConfiguration, "mailgun.407"},
		{413, `<html>413 Request Entity Too Large</html>`, domain.ClassMessageRejected, "mailgun.413"},
		{418, `{"message":"something new"}`, domain.ClassMessageRejected, "mailgun.418.unrecognized"},
		{429, `{"message":"Domain mg.clinic.example is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds"}`, domain.ClassTransient, "mailgun.429"},
	} {
		r, ok := refusalFor(table, c.status, []byte(c.body))
		if !ok || r.class != c.class || r.codeFor(c.status) != c.code {
			t.Errorf("%d %s: %s %s, want %s %s", c.status, c.body, r.class, r.codeFor(c.status), c.class, c.code)
		}
		delete(unused, fmt.Sprintf("%+v", r))
	}
	for r := range unused {
		t.Errorf("no answer was judged by the row %s", r)
	}
}

func TestWhatIsNoReadableRefusalIsNotJudged(t *testing.T) {
	for status, body := range map[int]string{
		200: `{"message":"Domain x is not allowed to send"}`, 302: "", 500: "'to' parameter is not a valid address", 400: "\xff\xfe",
	} {
		if r, ok := refusalFor(refusals(), status, []byte(body)); ok {
			t.Errorf("%d %q was taken for %s", status, body, r.code)
		}
	}
}

func FuzzAnyErrorBodyIsJudgedOrLeftOpen(f *testing.F) {
	f.Add(400, []byte(`{"message":"'to' parameter is not a valid address"}`))
	f.Add(429, []byte("\x00\xff"))
	table := refusals()
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r, ok := refusalFor(table, status, body)
		if ok && (status < 400 || status > 499 || r.class == "" || r.detail == "") {
			t.Errorf("%d was judged as %+v", status, r)
		}
	})
}

func TestTheBaseURLEndsInV3Once(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.mailgun.net":           "https://api.mailgun.net/v3",
		"https://api.mailgun.net/":          "https://api.mailgun.net/v3",
		"https://api.mailgun.net/v3":        "https://api.mailgun.net/v3",
		"https://api.mailgun.net/v3/":       "https://api.mailgun.net/v3",
		"https://api.eu.mailgun.net":        "https://api.eu.mailgun.net/v3",
		"http://gateway.example/mailgun":    "http://gateway.example/mailgun/v3",
		"http://v3.example":                 "http://v3.example/v3",
		"http://127.0.0.1:8080/v3/mailgun/": "http://127.0.0.1:8080/v3/mailgun/v3",
	} {
		if got, err := apiBase(raw); err != nil || got != want {
			t.Errorf("apiBase(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", "api.mailgun.net", "https://api.mailgun.net/v4", "https://api.mailgun.net/v1/"} {
		if got, err := apiBase(raw); err == nil {
			t.Errorf("apiBase(%q) = %q, want an error", raw, got)
		}
	}
}

func TestAHandleIsReadBackAndNothingElseIs(t *testing.T) {
	h := handleOf("mg.clinic.example", domain.Key{7})
	if got, ok := parseHandle(h.String()); !ok || got != h {
		t.Errorf("parseHandle(%q) = %+v, %v", h, got, ok)
	}
	for _, text := range []string{
		"", "mailgun:v1:", "mailgun:v1:mg.clinic.example:", "mailgun:v1::id@x", "mailgun:v2:mg.clinic.example:id@x",
		"twilio:v1:mg.clinic.example:id@x", "mailgun:v1:../../v4/keys:id@x", "mailgun:v1:mg.clinic.example?a=b:id",
	} {
		if h, ok := parseHandle(text); ok {
			t.Errorf("%q was read as %+v", text, h)
		}
	}
}
