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
		mark   mark
	}{
		{400, `{"message":"'to' parameter is not a valid address. please check documentation"}`, domain.ClassRecipientRejected, "mailgun.400", listed},
		{400, `{"message":"to parameter is not a valid address. please check documentation"}`, domain.ClassRecipientRejected, "mailgun.400", listed},
		{400, `{"message":"'from' parameter is not a valid address. please check documentation"}`, domain.ClassConfiguration, "mailgun.400.from", listed},
		{400, `{"message":"from parameter is missing"}`, domain.ClassConfiguration, "mailgun.400.from", listed},
		{400, `{"message":"Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"}`, domain.ClassMessageRejected, "mailgun.400", listed},
		{400, `{"message":"Send options (parameters starting with o:, h:, or v:) are limited to 16KB total"}`, domain.ClassMessageRejected, "mailgun.400", listed},
		{400, `{"message":"Header name must be pure ASCII"}`, domain.ClassMessageRejected, "mailgun.400", listed},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: recipient limit exceeded"}`, domain.ClassConfiguration, "mailgun.400.not_allowed", listed},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: You are sending too fast. Your account is on probation and the account has been temporarily disabled."}`, domain.ClassConfiguration, "mailgun.400.not_allowed", listed},
		{400, `{"message":"something new"}`, domain.ClassMessageRejected, "mailgun.400.unrecognized", unlisted},
		{400, `{"message":"Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings."}`, domain.ClassConfiguration, "mailgun.400.sandbox", either},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: Free accounts are for test purposes only. Please upgrade or add the address to your authorized recipients."}`, domain.ClassConfiguration, "mailgun.400.free_plan", either},
		{403, `{"message":"Free accounts are for test purposes only. Please upgrade or add the address to your authorized recipients."}`, domain.ClassConfiguration, "mailgun.403.free_plan", either},
		{403, `{"message":"The address is not one of your authorized recipients"}`, domain.ClassConfiguration, "mailgun.403.free_plan", either},
		{400, `{"message":"Domain mg.clinic.example is not allowed to send: Please activate your Mailgun account. Check your inbox or log in to your control panel to resend the activation email."}`, domain.ClassConfiguration, "mailgun.400.activate", listed},
		{403, `{"message":"Please activate your Mailgun account."}`, domain.ClassConfiguration, "mailgun.403.activate", listed},
		{400, `{"message":"The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records."}`, domain.ClassConfiguration, "mailgun.400.unverified", listed},
		{403, `{"message":"Domain mg.clinic.example is not allowed to send: The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records."}`, domain.ClassConfiguration, "mailgun.403.unverified", listed},
		{401, `Forbidden`, domain.ClassConfiguration, "mailgun.401", listed},
		{402, `{"message":"Parameters were valid but request failed"}`, domain.ClassConfiguration, "mailgun.402", listed},
		{403, `{"message":"Domain mg.clinic.example is not allowed to send: Account Inactivity"}`, domain.ClassConfiguration, "mailgun.403.not_allowed", listed},
		{403, `{"message":"Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings."}`, domain.ClassConfiguration, "mailgun.403.sandbox", either},
		{403, `{"message":"Forbidden"}`, domain.ClassConfiguration, "mailgun.403", listed},
		{404, `{"message":"Domain not found: mg.clinic.example"}`, domain.ClassConfiguration, "mailgun.404", listed},
		{405, `Method Not Allowed`, domain.ClassConfiguration, "mailgun.405", listed},
		{407, ``, domain.ClassConfiguration, "mailgun.407", listed},
		{413, `<html>413 Request Entity Too Large</html>`, domain.ClassMessageRejected, "mailgun.413", listed},
		{418, `{"message":"something new"}`, domain.ClassMessageRejected, "mailgun.418.unrecognized", unlisted},
		{429, `{"message":"Domain mg.clinic.example is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds"}`, domain.ClassTransient, "mailgun.429", listed},
	} {
		r, ok := refusalFor(table, c.status, []byte(c.body))
		if !ok || r.class != c.class || r.mark != c.mark || r.codeFor(c.status) != c.code {
			t.Errorf("%d %s: %s %s, mark %d; want %s %s, mark %d", c.status, c.body, r.class, r.codeFor(c.status), r.mark, c.class, c.code, c.mark)
		}
		delete(unused, fmt.Sprintf("%+v", r))
	}
	for r := range unused {
		t.Errorf("no answer was judged by the row %s", r)
	}
}

// Answers of a proxy, a portal or a load balancer decide nothing where no row
// names their status.
func TestWhatIsNoReadableRefusalIsNotJudged(t *testing.T) {
	for status, bodies := range map[int][]string{
		200: {`{"message":"Domain x is not allowed to send"}`},
		302: {""},
		400: {"", "\xff\xfe", "<html>Bad Request</html>", "null", "[]", `{}`, `{"message":""}`, `{"message":7}`, `{"message":"broken o`, `{"error":"denied"}`},
		409: {"", "conflict", `{"code":409}`},
		500: {"'to' parameter is not a valid address"},
	} {
		for _, body := range bodies {
			if r, ok := refusalFor(refusals(), status, []byte(body)); ok {
				t.Errorf("%d %q was taken for %s", status, body, r.code)
			}
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
