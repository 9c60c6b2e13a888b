package mailgun

import (
	"net/http"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// sendFailure returns the failure of a send. err is the SDK's error and never becomes
// the cause of an answer's failure, because it quotes the body, which quotes the
// recipient.
func (s *Sender) sendFailure(x *provider.Exchange, err error) *domain.Failure {
	if err != nil && !x.Used() {
		return local(err)
	}
	if f := x.Unanswered(name, err); f != nil {
		return f
	}
	if !provider.Undecided(x.Status()) {
		if r, ok := refusalFor(s.refusals, x.Status(), x.Body()); ok {
			return &domain.Failure{
				Class: r.class, Code: r.codeFor(x.Status()), Detail: r.detail,
				RetryAfter: delay(x), Unrecognized: r.mark == unlisted, Ambiguous: r.mark == either,
			}
		}
	}
	return &domain.Failure{
		Class: domain.ClassUnknownOutcome, Code: code(x.Status()), RetryAfter: delay(x),
		Detail: "an answer that leaves open whether the message was accepted",
	}
}

// code returns the code of an answer that is not in the table.
func code(status int) string {
	c := name + "." + strconv.Itoa(status)
	if status < http.StatusMultipleChoices {
		c += ".unreadable"
	}
	return c
}

// delay returns how long Mailgun asks to wait. Only a 429 is about a rate; the rate
// headers of another status do not concern this failure.
func delay(x *provider.Exchange) time.Duration {
	header := x.Header()
	if x.Status() != http.StatusTooManyRequests {
		header = nil
	}
	return provider.Delay(header, string(x.Body()), time.Now())
}

// local is the failure of a message that the SDK or the renderer refused:
// nothing was sent.
func local(err error) *domain.Failure {
	return &domain.Failure{
		Class: domain.ClassMessageRejected, Code: "mailgun.local",
		Detail: "the message could not be composed; nothing was sent", Cause: err,
	}
}
