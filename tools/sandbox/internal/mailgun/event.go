package mailgun

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// event is an "accepted" event in the shape of Mailgun's user manual ("Event
// Structure").
type event struct {
	seq             uint64
	Event           string            `json:"event"`
	ID              string            `json:"id"`
	Timestamp       float64           `json:"timestamp"`
	LogLevel        string            `json:"log-level"`
	Method          string            `json:"method"`
	Recipient       string            `json:"recipient"`
	RecipientDomain string            `json:"recipient-domain"`
	Tags            []string          `json:"tags"`
	Campaigns       []string          `json:"campaigns"`
	Variables       map[string]string `json:"user-variables"`
	Envelope        envelope          `json:"envelope"`
	Flags           flags             `json:"flags"`
	Message         eventMessage      `json:"message"`
}

type envelope struct {
	Sender    string `json:"sender"`
	Targets   string `json:"targets"`
	Transport string `json:"transport"`
}

type flags struct {
	Authenticated bool `json:"is-authenticated"`
	TestMode      bool `json:"is-test-mode"`
}

type eventMessage struct {
	Headers     map[string]string    `json:"headers"`
	Attachments []journal.Attachment `json:"attachments"`
	Recipients  []string             `json:"recipients"`
	Size        int                  `json:"size"`
}

func newEvent(e journal.Entry) event {
	_, domain, _ := strings.Cut(e.Recipient, "@")
	variables := e.Variables
	if variables == nil {
		variables = map[string]string{}
	}
	return event{
		seq: e.Seq, Event: "accepted", LogLevel: "info", Method: "HTTP",
		ID:        base64.RawURLEncoding.EncodeToString([]byte("event-" + strconv.FormatUint(e.Seq, 10))),
		Timestamp: float64(e.Time/1000) / 1e6,
		Recipient: e.Recipient, RecipientDomain: domain,
		Tags: notNil(e.Tags), Campaigns: []string{}, Variables: variables,
		Envelope: envelope{Sender: bareAddress(e.From), Targets: e.Recipient, Transport: "smtp"},
		Flags:    flags{Authenticated: true},
		Message: eventMessage{
			Headers: map[string]string{
				"to": e.Recipient, "from": e.From, "subject": e.Subject, "message-id": e.MessageID,
			},
			Attachments: notNil(e.Attachments), Recipients: []string{e.Recipient}, Size: e.Size,
		},
	}
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
