package mailgun

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// refusal is one kind of refusing answer: the message was not accepted.
type refusal struct {
	// status is the HTTP status; 0 stands for any from 400 to 499.
	status int
	// body is a lower-case text that the answer must contain; "" matches any.
	body  string
	class domain.Class
	// code is the failure's code, in which "4xx" is replaced by the status.
	code   string
	detail string
	mark   mark
}

// mark is a property of a row in addition to its class.
type mark uint8

const (
	// listed: no further property.
	listed mark = iota
	// either: the refusal may be about the account or about this recipient only.
	either
	// unlisted: the row matches answers that no other row does.
	unlisted
)

// codeFor returns the code of an answer with status.
func (r *refusal) codeFor(status int) string {
	return strings.Replace(r.code, "4xx", strconv.Itoa(status), 1)
}

// refusals returns Mailgun's refusals; the first that fits decides.
//
// Sources: Mailgun's OpenAPI description (200, 400, 401, 429, 500), its page on
// response codes (403, 404), its older API introduction (402), and texts that customers
// published. Mailgun answers 400 for account-wide states too, with and without "is not
// allowed to send" before the reason. So a 400 is judged by its body, and the account's
// texts come first: treated as faults of single messages, they would drain the topic
// into the dead letters.
func refusals() []refusal {
	const (
		recipient     = domain.ClassRecipientRejected
		message       = domain.ClassMessageRejected
		configuration = domain.ClassConfiguration
		transient     = domain.ClassTransient
	)
	return []refusal{
		{429, "", transient, "mailgun.429", "Mailgun limits the rate of this account or domain", listed},
		{0, "sandbox subdomains are for test purposes only", configuration, "mailgun.4xx.sandbox", "MAILGUN_DOMAIN is a sandbox domain, which sends to authorized recipients only; it must be a domain of your own", either},
		{0, "accounts are for test purposes only", configuration, "mailgun.4xx.free_plan", "the account is on Mailgun's free plan, which sends to authorized recipients only", either},
		{0, "authorized recipients", configuration, "mailgun.4xx.free_plan", "Mailgun sends to the account's authorized recipients only", either},
		{0, "please activate", configuration, "mailgun.4xx.activate", "the Mailgun account is not activated; its control panel can resend the activation mail", listed},
		{0, "domain is unverified", configuration, "mailgun.4xx.unverified", "MAILGUN_DOMAIN is not verified; the control panel shows the DNS records that it needs", listed},
		{0, "is not allowed to send", configuration, "mailgun.4xx.not_allowed", "Mailgun does not allow the account or domain to send: limit, probation or disabled; see its dashboard", listed},
		{401, "", configuration, "mailgun.401", "Mailgun refuses MAILGUN_API_KEY; it must be a valid key of the region that MAILGUN_API_BASE_URL names", listed},
		{402, "", configuration, "mailgun.402", "Mailgun asks for payment or a larger plan", listed},
		{403, "", configuration, "mailgun.403", "Mailgun forbids this account or domain to send; see its dashboard", listed},
		{404, "", configuration, "mailgun.404", "Mailgun does not know MAILGUN_DOMAIN in this region; EU domains need https://api.eu.mailgun.net", listed},
		{405, "", configuration, "mailgun.405", "MAILGUN_API_BASE_URL does not lead to Mailgun's API", listed},
		{407, "", configuration, "mailgun.407", "the HTTP proxy asks for credentials", listed},
		{400, "'from' parameter", configuration, "mailgun.400.from", "Mailgun refuses the sender; MAILGUN_FROM_EMAIL must be a valid address", listed},
		{400, "from parameter is missing", configuration, "mailgun.400.from", "Mailgun misses the sender; MAILGUN_FROM_EMAIL must be a valid address", listed},
		{400, "'to' parameter is not a valid address", recipient, "mailgun.400", "Mailgun says that the recipient is not a valid address", listed},
		{400, "to parameter is not a valid address", recipient, "mailgun.400", "Mailgun says that the recipient is not a valid address", listed},
		{400, "need at least one of", message, "mailgun.400", "Mailgun says that the message has no content", listed},
		{400, "limited to 16", message, "mailgun.400", "Mailgun says that headers and variables are over 16 KB; the appointment id may be too long", listed},
		{400, "header name must be", message, "mailgun.400", "Mailgun refuses the name of a header", listed},
		{413, "", message, "mailgun.413", "Mailgun says that the message is too large", listed},
		{400, "", message, "mailgun.400.unrecognized", "Mailgun refused the message for a reason that is not in the table", unlisted},
		{0, "", message, "mailgun.4xx.unrecognized", "Mailgun refused the message with a status that is not in the table", unlisted},
	}
}

// refusalFor returns the refusal of an answer; ok is false if the answer is not a
// readable refusal. The unlisted row only matches answers in Mailgun's own form,
// because others may come from a proxy in between.
func refusalFor(table []refusal, status int, body []byte) (r refusal, ok bool) {
	if status < http.StatusBadRequest || status >= http.StatusInternalServerError || !utf8.Valid(body) {
		return refusal{}, false
	}
	text := bytes.ToLower(body)
	for _, r := range table {
		if (r.status == 0 || r.status == status) && bytes.Contains(text, []byte(r.body)) {
			return r, r.mark != unlisted || ownForm(body)
		}
	}
	return refusal{}, false
}

// ownForm reports whether body is an error as Mailgun writes it: a JSON object
// with a message.
func ownForm(body []byte) bool {
	var answer struct {
		Message string `json:"message"`
	}
	return json.Unmarshal(body, &answer) == nil && answer.Message != ""
}
