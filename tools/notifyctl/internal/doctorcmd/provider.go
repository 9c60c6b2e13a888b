package doctorcmd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

const (
	// maxSkew is how far this machine's clock may be off. Whether an appointment
	// is past, and how old an event is, are judged by it.
	maxSkew  = time.Minute
	askLimit = 10 * time.Second
)

// question is one harmless request to a provider: the one that a look-up of a
// send in doubt makes, so that it shows whether those will work.
type question struct {
	provider, url  string
	user, password string
	// settings are what to look at when the provider refuses.
	settings string
}

// providers asks each provider whose settings are right.
func providers(ctx context.Context, env config.Env) []finding {
	var found []finding
	if s, _, err := config.Load[emailworker.EmailWorker](env); err == nil {
		found = append(found, ask(ctx, mailgun(s.Mailgun))...)
	}
	if s, _, err := config.Load[smsworker.SMSWorker](env); err == nil && s.Twilio.Enabled {
		found = append(found, ask(ctx, twilio(s.Twilio))...)
	}
	if len(found) == 0 {
		return []finding{remark("no provider was asked: no worker has its settings")}
	}
	return found
}

func mailgun(m emailworker.Mailgun) question {
	base := strings.TrimSuffix(m.APIBaseURL, "/v3")
	return question{
		provider: "Mailgun", url: base + "/v3/" + url.PathEscape(m.Domain) + "/events?limit=1",
		user: "api", password: m.APIKey.Reveal(),
		settings: "MAILGUN_API_KEY (the account's private key, not a sending key), MAILGUN_DOMAIN and MAILGUN_API_BASE_URL (region)",
	}
}

func twilio(t smsworker.Twilio) question {
	return question{
		provider: "Twilio", url: t.APIBaseURL + "/2010-04-01/Accounts/" + url.PathEscape(t.AccountSID) + "/Messages.json?PageSize=1",
		user: t.AccountSID, password: t.AuthToken.Reveal(),
		settings: "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_BASE_URL",
	}
}

// ask sends q and judges the answer and the time in it. Nothing is sent to
// anybody, and no answer is printed: it may hold recipients.
func ask(ctx context.Context, q question) []finding {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, nil)
	if err != nil {
		return []finding{bad("correct "+q.settings, "%s: its address cannot be used", q.provider)}
	}
	request.SetBasicAuth(q.user, q.password)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return []finding{bad("let this machine reach "+request.URL.Host+" (DNS, firewall, proxy), or correct "+q.settings, "%s does not answer: %v", q.provider, inner(err))}
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return []finding{verdict(q, answer), clock(q, answer, time.Now())}
}

// inner leaves out the address that net/http puts before its errors.
func inner(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func verdict(q question, answer *http.Response) finding {
	switch {
	case answer.StatusCode == http.StatusOK:
		return good("%s knows the account, and sends in doubt can be looked up", q.provider)
	case answer.StatusCode >= http.StatusInternalServerError, answer.StatusCode == http.StatusTooManyRequests:
		return remark("%s has trouble of its own at the moment (%s)", q.provider, answer.Status)
	}
	return bad("correct "+q.settings, "%s refuses the account (%s)", q.provider, answer.Status)
}

// clock compares this machine's clock with the provider's, which is right to a
// second.
func clock(q question, answer *http.Response, now time.Time) finding {
	theirs, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return remark("clock: %s does not tell its time", q.provider)
	}
	skew := now.Sub(theirs)
	if skew.Abs() > maxSkew {
		return bad("set the clock: timedatectl set-ntp true", "clock: it differs from %s's by %s", q.provider, skew.Round(time.Second))
	}
	return good("clock: like %s's to within a minute", q.provider)
}
