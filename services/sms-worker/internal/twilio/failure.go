package twilio

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// sendFailure returns the failure of a send. err never becomes the cause of an answer's
// failure, because it may quote the body, which quotes the recipient.
func (s *Sender) sendFailure(x *provider.Exchange, err error) *domain.Failure {
	if f := x.Unanswered(name, err); f != nil {
		return f
	}
	status, code := x.Status(), errorCode(x.Body())
	if provider.Undecided(status) || status < http.StatusMultipleChoices {
		return &domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: codeText(status, code), RetryAfter: delay(x),
			Detail: "an answer that leaves open whether the message was accepted",
		}
	}
	return s.refused(status, code, delay(x))
}

// refused classifies a complete answer with a status from 400 to 499. Twilio's code is
// more specific than the status and decides first. An answer with neither a known
// status nor a code is not Twilio's and proves nothing.
func (s *Sender) refused(status, code int, asked time.Duration) *domain.Failure {
	f := &domain.Failure{Code: codeText(status, code)}
	r, known := s.refusals[code]
	if !known {
		r, known = s.statuses[status]
	}
	if !known && code == 0 {
		f.Class, f.Detail = domain.ClassUnknownOutcome, "an answer that is not in Twilio's form"
		return f
	}
	if !known {
		f.Class, f.Unrecognized = domain.ClassMessageRejected, true
		f.Detail = "Twilio refused the message for a reason that is not in the table; see www.twilio.com/docs/api/errors"
		return f
	}
	f.Class, f.Detail, f.Ambiguous = r.class, r.detail, r.either
	if r.class == domain.ClassTransient {
		f.RetryAfter = max(r.wait, asked)
	}
	return f
}

// maxCode is the highest number that is accepted as a code of Twilio's.
const maxCode = 999999

// errorCode returns Twilio's code in an error's body; 0 without a plausible code. The
// status in the body is ignored: the SDK uses it as the real status, from which it may
// differ.
func errorCode(body []byte) int {
	var answer struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Code < 1 || answer.Code > maxCode {
		return 0
	}
	return answer.Code
}

// codeText returns "twilio.21211", or "twilio.http.503" without a code.
func codeText(status, code int) string {
	if code > 0 {
		return name + "." + strconv.Itoa(code)
	}
	return name + ".http." + strconv.Itoa(status)
}

// delay returns how long Twilio asks to wait.
func delay(x *provider.Exchange) time.Duration { return provider.Delay(x.Header(), "", time.Now()) }
