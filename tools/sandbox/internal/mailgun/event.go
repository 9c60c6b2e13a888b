package mailgun

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// event is an event in the shape of Mailgun's user manual ("Event
// Structure").
type event struct {
	place           journal.Place
	Event           string            `json:"event"`
	ID              string            `json:"id"`
	Timestamp       float64           `json:"timestamp"`
	Severity        string            `json:"severity,omitempty"`
	Reason          string            `json:"reason,omitempty"`
	Status          map[string]any    `json:"delivery-status,omitempty"`
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
	DelayedBounce bool `json:"is-delayed-bounce,omitempty"`
}

type eventMessage struct {
	Headers     map[string]string    `json:"headers"`
	Attachments []journal.Attachment `json:"attachments"`
	Recipients  []string             `json:"recipients"`
	Size        int                  `json:"size"`
}

func newEvent(h journal.Happening) event {
	e := h.Entry
	_, domain, _ := strings.Cut(e.Recipient, "@")
	variables := e.Variables
	if variables == nil {
		variables = map[string]string{}
	}
	return event{
		place: h.Place(), Event: eventOf(h.Turn), LogLevel: "info", Method: "HTTP",
		ID:        base64.RawURLEncoding.EncodeToString([]byte("event-" + strconv.FormatUint(e.Seq, 10) + "-" + strconv.Itoa(h.N))),
		Timestamp: float64(h.At()/1000) / 1e6, Severity: severityOf(h.Turn), Reason: reasonOf(h.Turn), Status: statusOf(h.Turn),
		Recipient: e.Recipient, RecipientDomain: domain,
		Tags: notNil(e.Tags), Campaigns: []string{}, Variables: variables,
		Envelope: envelope{Sender: bareAddress(e.From), Targets: e.Recipient, Transport: "smtp"},
		Flags:    flags{Authenticated: true, DelayedBounce: h.Turn.Late},
		Message: eventMessage{
			Headers: map[string]string{
				"to": e.Recipient, "from": e.From, "subject": e.Subject, "message-id": e.MessageID,
			},
			Attachments: notNil(e.Attachments), Recipients: []string{e.Recipient}, Size: e.Size,
		},
	}
}

// eventOf returns Mailgun's name of a turn.
func eventOf(t journal.Turn) string {
	switch t.Kind {
	case journal.Failed, journal.Unsent, journal.Deferred:
		return "failed"
	}
	return t.Kind
}

func severityOf(t journal.Turn) string {
	switch t.Kind {
	case journal.Failed, journal.Unsent:
		return "permanent"
	case journal.Deferred:
		return "temporary"
	}
	return ""
}

// reasonOf returns the reason of a failure; Mailgun has codes of its own for addresses
// to which it makes no attempt.
func reasonOf(t journal.Turn) string {
	switch {
	case severityOf(t) == "":
		return ""
	case t.Kind == journal.Deferred:
		return "generic"
	case t.Code == 605:
		return "suppress-bounce"
	case t.Code == 606:
		return "suppress-unsubscribe"
	case t.Code == 607:
		return "suppress-complaint"
	}
	return "bounce"
}

func statusOf(t journal.Turn) map[string]any {
	switch {
	case t.Kind == journal.Delivered:
		return map[string]any{"code": 250, "message": "OK", "attempt-no": 1}
	case severityOf(t) == "":
		return nil
	}
	return map[string]any{"code": t.Code, "message": "", "attempt-no": 1}
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
