package doctorcmd

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

const (
	// maxSkew is how far this machine's clock may be off. The clock decides whether an
	// appointment is past and how old an event is.
	maxSkew  = time.Minute
	askLimit = 10 * time.Second
)

// question is a harmless form of a look-up, whose answer shows whether look-ups of
// sends in doubt will work.
type question struct {
	provider       string
	user, password string
	// settings names the settings to check if the provider refuses.
	settings string
	// ways are tried one after the other, until one is not refused.
	ways []way
}

// way is one request, and the members that a genuine answer must have.
type way struct {
	name, method, url, body string
	members                 []string
}

// providers asks each provider whose settings are valid.
func providers(ctx context.Context, env config.Env) []finding {
	var found []finding
	if s, _, err := config.Load[emailworker.EmailWorker](env); err == nil {
		found = append(found, ask(ctx, mailgun(s.Mailgun))...)
		if !s.Mailgun.ReadAPIKey.Empty() {
			found = append(found, remark("MAILGUN_API_KEY was not tried: a key that can only send answers to nothing else"))
		}
	}
	if s, _, err := config.Load[smsworker.SMSWorker](env); err == nil && s.Twilio.Enabled {
		found = append(found, ask(ctx, twilio(s.Twilio))...)
	}
	if len(found) == 0 {
		return []finding{remark("no provider was asked: no worker has its settings")}
	}
	return found
}

// ask asks q and checks the answer and the time in it. It sends no messages, and prints
// no answer, because it may contain recipients.
func ask(ctx context.Context, q question) (found []finding) {
	for i, w := range q.ways {
		a, err := put(ctx, q, w)
		if err != nil {
			return append(found, bad("let this machine reach "+w.host()+" (DNS, firewall, proxy), or correct "+q.settings, "%s does not answer: %v", q.provider, inner(err)))
		}
		if provider.CannotBeAsked(a.status) && i+1 < len(q.ways) {
			found = append(found, remark("%s refuses the %s (%d)", q.provider, w.name, a.status))
			continue
		}
		found = append(found, verdict(q, w, a), clock(q, a.date, time.Now()))
		break
	}
	return found
}

// host returns the address without its path.
func (w way) host() string {
	if u, err := url.Parse(w.url); err == nil {
		return u.Host
	}
	return "the provider"
}

// reply holds the parts of an answer that matter.
type reply struct {
	status int
	date   string
	body   []byte
}

// put makes one request.
func put(ctx context.Context, q question, w way) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, w.method, w.url, strings.NewReader(w.body))
	if err != nil {
		return reply{}, errors.New("its address cannot be used")
	}
	if w.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.SetBasicAuth(q.user, q.password)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, provider.MaxBodyBytes))
	return reply{answer.StatusCode, answer.Header.Get("Date"), body}, err
}

// inner strips the address that net/http puts before its errors.
func inner(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func verdict(q question, w way, a reply) finding {
	switch {
	case a.status < http.StatusBadRequest && (a.status != http.StatusOK || !holds(a.body, w.members)):
		return bad("correct "+q.settings, "something answers in %s's place: the answer is not one of the %s", q.provider, w.name)
	case a.status == http.StatusOK:
		return good("%s knows the account, and sends in doubt can be looked up by the %s", q.provider, w.name)
	case a.status >= http.StatusInternalServerError, a.status == http.StatusTooManyRequests:
		return remark("%s has trouble of its own at the moment (%d)", q.provider, a.status)
	}
	return bad("correct "+q.settings, "%s refuses the account (%d %s)", q.provider, a.status, http.StatusText(a.status))
}

// holds reports whether body is a JSON object that has all the members.
func holds(body []byte, members []string) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return false
	}
	return !slices.ContainsFunc(members, func(m string) bool { return object[m] == nil })
}

// clock compares this machine's clock with the provider's, which is right to a
// second.
func clock(q question, date string, now time.Time) finding {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return remark("clock: %s does not tell its time", q.provider)
	}
	skew := now.Sub(theirs)
	if skew.Abs() > maxSkew {
		return bad("set the clock: timedatectl set-ntp true", "clock: it differs from %s's by %s", q.provider, skew.Round(time.Second))
	}
	return good("clock: like %s's to within a minute", q.provider)
}
