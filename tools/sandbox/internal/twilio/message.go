package twilio

import (
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// sentAfter is how long a message seems to be queued.
const sentAfter = time.Second

// resource is api.v2010.account.message of Twilio's API description.
type resource struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"`
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                *string           `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           string            `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

// newMessage describes the message at the given age.
func newMessage(e journal.Entry, age time.Duration) resource {
	created := time.Now()
	if e.Time != 0 {
		created = time.Unix(0, e.Time)
	}
	base := prefix + e.Domain + "/Messages/" + e.ID
	m := resource{
		AccountSID: e.Domain, APIVersion: "2010-04-01", Body: e.Text, Direction: "outbound-api",
		DateCreated: rfc2822(created), DateUpdated: rfc2822(created),
		NumMedia: "0", NumSegments: strconv.Itoa(e.Segments), PriceUnit: "USD",
		SID: e.ID, Status: "queued", To: e.Recipient, URI: base + ".json",
		SubresourceURIs: map[string]string{"media": base + "/Media.json"},
	}
	if e164(e.From) {
		m.From = &e.From
	} else {
		m.MessagingServiceSID, m.Status = &e.From, "accepted"
	}
	m.advance(e.Turns, created, age)
	return m
}

// advance moves the status on. While a message is queued, and if it never leaves, it
// has no date_sent.
func (m *resource) advance(turns []journal.Turn, created time.Time, age time.Duration) {
	leaves, left := sentAfter, len(turns) == 0 || turns[0].Kind != journal.Unsent
	if len(turns) > 0 {
		leaves = min(leaves, turns[0].After)
	}
	if left && age >= leaves {
		sent := rfc2822(created.Add(leaves))
		m.DateSent, m.DateUpdated, m.Status = &sent, sent, "sent"
	}
	for _, t := range turns {
		if age < t.After {
			return
		}
		m.DateUpdated, m.ErrorCode = rfc2822(created.Add(t.After)), nil
		switch t.Kind {
		case journal.Failed, journal.Unsent:
			m.Status, m.ErrorCode = map[string]string{journal.Failed: "undelivered", journal.Unsent: "failed"}[t.Kind], &t.Code
		case journal.Delivered:
			m.Status = "delivered"
		default:
			m.Status = "sent"
		}
	}
}

// rfc2822 is the form of all dates in this API.
func rfc2822(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000") }
