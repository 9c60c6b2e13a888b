package twilio

import (
	"net/http"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// refusal is one kind of refusing answer: the message was not accepted.
type refusal struct {
	class  domain.Class
	detail string
	// either is set when the refusal may be about the account or about this
	// recipient only.
	either bool
	// wait is the least delay before the next try if Twilio names none.
	wait time.Duration
}

// Delays after refusals that the next messages would also get.
const (
	// queueWait: the sender's queue holds ten hours of messages.
	queueWait = 5 * time.Minute
	// capWait: a limit of the account over an hour or a rolling day. It is released
	// gradually, so sending is tried before it ends.
	capWait = 30 * time.Minute
	// burstWait: too many messages at once over the whole account.
	burstWait = 10 * time.Second
)

// refusals returns Twilio's error codes for a message that is created, by code.
//
// Source: www.twilio.com/docs/api/errors, one page per code. Twilio splits codes into
// finer ones from time to time and warns of relying on them. So an unlisted code is not
// assumed to be about the recipient: the message is dead-lettered with an alert, and
// many in a row halt the sending.
func refusals() map[int]refusal {
	table := map[int]refusal{}
	add := func(class domain.Class, wait time.Duration, rows map[int]string) {
		for code, detail := range rows {
			table[code] = refusal{class: class, detail: detail, wait: wait}
		}
	}
	add(domain.ClassRecipientRejected, 0, recipientCodes())
	add(domain.ClassMessageRejected, 0, messageCodes())
	add(domain.ClassConfiguration, 0, configurationCodes())
	for code, detail := range eitherCodes() {
		table[code] = refusal{class: domain.ClassConfiguration, detail: detail, either: true}
	}
	add(domain.ClassTransient, 0, map[int]string{
		20429: "Twilio limits the requests of this account",
		21730: "Twilio is under maintenance",
	})
	add(domain.ClassTransient, burstWait, map[int]string{63017: "the account sends more messages per second than Twilio allows"})
	add(domain.ClassTransient, queueWait, map[int]string{21611: "the sender's queue at Twilio is full"})
	add(domain.ClassTransient, capWait, map[int]string{
		60728: "the account has reached its limit of messages per hour; support can raise it",
		63038: "the account has reached its limit of messages per day; support can raise it",
	})
	return table
}

// recipientCodes are about this one number.
func recipientCodes() map[int]string {
	return map[int]string{
		21211: "Twilio says that the recipient is not a valid phone number",
		21265: "Twilio says that the recipient is a short code",
		21266: "the recipient is the sender itself",
		21408: "Twilio's permission for the recipient's region is off; Messaging, Settings, Geo permissions turns it on",
		21610: "the recipient replied STOP; only a START from that phone ends it",
		21612: "Twilio cannot reach this recipient from this sender",
		21614: "the recipient is not a mobile number",
		21635: "the recipient is a landline",
	}
}

// messageCodes are about what we sent.
func messageCodes() map[int]string {
	return map[int]string{
		21602: "Twilio misses the text",
		21604: "Twilio misses the recipient",
		21605: "Twilio says that the text is too long",
		21617: "Twilio says that the text is too long",
		21619: "Twilio misses the text",
		21658: "Twilio says that the text is too long",
	}
}

// configurationCodes are about the account, its credentials or its sender.
func configurationCodes() map[int]string {
	const (
		account     = "the Twilio account is not active: suspended, closed or without funds; see its console"
		credentials = "Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"
		sender      = "TWILIO_FROM_PHONE must be a number of this account that can send SMS"
		trial       = "the Twilio account is a trial, which does not have everything"
	)
	return map[int]string{
		10001: account, 20005: account, 90010: account, 20403: account,
		20003: credentials, 20006: credentials, 20008: credentials, 70051: credentials, 21222: credentials, 21224: credentials,
		20404: "Twilio does not know the account TWILIO_ACCOUNT_SID, or TWILIO_API_BASE_URL leads elsewhere",
		10002: trial,
		21212: sender, 21601: sender, 21603: sender, 21607: sender, 21660: sender, 21661: sender,
	}
}

// eitherCodes leave open whether the account or this one number is at fault: a sender
// may reach one country and not another, and a trial account only reaches verified
// numbers.
func eitherCodes() map[int]string {
	const (
		sender = "TWILIO_FROM_PHONE cannot send to this recipient, or not at all"
		trial  = "the Twilio account is a trial, which sends to verified numbers only"
	)
	return map[int]string{21606: sender, 21659: sender, 21608: trial, 572005: trial}
}

// statusRefusals returns the meaning of answers without a known code, by their HTTP
// status: they came from a gateway, or the code is new. These statuses are only sent
// for requests that were not carried out.
func statusRefusals() map[int]refusal {
	configuration := func(detail string) refusal { return refusal{class: domain.ClassConfiguration, detail: detail} }
	return map[int]refusal{
		http.StatusUnauthorized:          configuration("Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"),
		http.StatusPaymentRequired:       configuration("Twilio asks for payment"),
		http.StatusForbidden:             configuration("Twilio forbids this account to send; see its console"),
		http.StatusNotFound:              configuration("TWILIO_API_BASE_URL does not lead to Twilio's API, or the account is unknown there"),
		http.StatusMethodNotAllowed:      configuration("TWILIO_API_BASE_URL does not lead to Twilio's API"),
		http.StatusProxyAuthRequired:     configuration("the HTTP proxy asks for credentials"),
		http.StatusRequestEntityTooLarge: {class: domain.ClassMessageRejected, detail: "the message is too large"},
		http.StatusTooManyRequests:       {class: domain.ClassTransient, detail: "Twilio limits the requests of this account"},
	}
}
