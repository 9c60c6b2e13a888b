package mailgun

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// refusal is one kind of answer that says no: the message was not accepted.
type refusal struct {
	// status is the HTTP status; 0 stands for any from 400 to 499.
	status int
	// body is a lower-case text that the answer must contain; "" for any.
	body  string
	class domain.Class
	// code stands for the failure's code; "4xx" is replaced by the status.
	code   string
	detail string
	// unknown marks the rows that catch what no other row knows.
	unknown bool
}

// codeFor returns the code of an answer with status.
func (r *refusal) codeFor(status int) string {
	return strings.Replace(r.code, "4xx", strconv.Itoa(status), 1)
}

// refusals returns Mailgun's refusals; the first that fits decides.
//
// Sources: Mailgun's OpenAPI description (200, 400, 401, 429, 500), its page on
// response codes (403, 404), its older API introduction (402), and texts that
// customers published. Mailgun answers 400 for account-wide states too, so a
// 400 is judged by its body, and "is not allowed to send" comes first: taken for
// a fault of one message it would drain the topic into the dead letters.
func refusals() []refusal {
	const (
		recipient     = domain.ClassRecipientRejected
		message       = domain.ClassMessageRejected
		configuration = domain.ClassConfiguration
		transient     = domain.ClassTransient
	)
	return []refusal{
		{429, "", transient, "mailgun.429", "Mailgun limits the rate of this account or domain", false},
		{0, "sandbox subdomains are for test purposes only", configuration, "mailgun.4xx.sandbox", "MAILGUN_DOMAIN is a sandbox domain; it must be a domain of your own", false},
		{0, "is not allowed to send", configuration, "mailgun.4xx.not_allowed", "Mailgun does not allow the account or domain to send: limit, probation or disabled; see its dashboard", false},
		{401, "", configuration, "mailgun.401", "Mailgun refuses MAILGUN_API_KEY; it must be a valid key of the region that MAILGUN_API_BASE_URL names", false},
		{402, "", configuration, "mailgun.402", "Mailgun asks for payment or a larger plan", false},
		{403, "", configuration, "mailgun.403", "Mailgun forbids this account or domain to send; see its dashboard", false},
		{404, "", configuration, "mailgun.404", "Mailgun does not know MAILGUN_DOMAIN in this region; EU domains need https://api.eu.mailgun.net", false},
		{405, "", configuration, "mailgun.405", "MAILGUN_API_BASE_URL does not lead to Mailgun's API", false},
		{407, "", configuration, "mailgun.407", "the HTTP proxy asks for credentials", false},
		{400, "'from' parameter", configuration, "mailgun.400.from", "Mailgun refuses the sender; MAILGUN_FROM_EMAIL must be a valid address", false},
		{400, "from parameter is missing", configuration, "mailgun.400.from", "Mailgun misses the sender; MAILGUN_FROM_EMAIL must be a valid address", false},
		{400, "'to' parameter is not a valid address", recipient, "mailgun.400", "Mailgun says that the recipient is not a valid address", false},
		{400, "to parameter is not a valid address", recipient, "mailgun.400", "Mailgun says that the recipient is not a valid address", false},
		{400, "need at least one of", message, "mailgun.400", "Mailgun says that the message has no content", false},
		{400, "limited to 16", message, "mailgun.400", "Mailgun says that headers and variables are over 16 KB; the appointment id may be too long", false},
		{400, "header name must be", message, "mailgun.400", "Mailgun refuses the name of a header", false},
		{413, "", message, "mailgun.413", "Mailgun says that the message is too large", false},
		{400, "", message, "mailgun.400.unrecognized", "Mailgun refused the message for a reason that is not in the table", true},
		{0, "", message, "mailgun.4xx.unrecognized", "Mailgun refused the message with a status that is not in the table", true},
	}
}

// refusalFor returns the refusal of an answer; ok is false when the answer is
// no readable refusal.
func refusalFor(table []refusal, status int, body []byte) (r refusal, ok bool) {
	if status < http.StatusBadRequest || status >= http.StatusInternalServerError || !utf8.Valid(body) {
		return refusal{}, false
	}
	text := bytes.ToLower(body)
	for _, r := range table {
		if (r.status == 0 || r.status == status) && bytes.Contains(text, []byte(r.body)) {
			return r, true
		}
	}
	return refusal{}, false
}
