package mailgun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/apibase"
)

// Config holds the adapter's settings.
type Config struct {
	// APIKey is the secret that messages are sent with; the domain's sending key is
	// enough if ReadAPIKey is a different one.
	APIKey string
	// ReadAPIKey is the secret that look-ups are made with. It must be allowed
	// to read events and logs.
	ReadAPIKey string
	// LookUpAPI names the API that sends in doubt are looked up with.
	LookUpAPI LookUpAPI
	// Domain is the sending domain.
	Domain string
	// From is the sender, a bare address or "Name <address>".
	From string
	// BaseURL is the API's address, with or without /v3.
	BaseURL string
	// Timeout bounds each request.
	Timeout time.Duration
	// EventsRetention is how long Mailgun keeps events: a day on free accounts,
	// up to 30 by plan.
	EventsRetention time.Duration
	// Visibility is how long Mailgun may take to show an event that it recorded.
	Visibility time.Duration
	// Slots is how many requests run at once, sends and look-ups together. Requests for
	// receipts come on top.
	Slots int

	// Brand, Texts, Clock and AppointmentDuration shape the message, see message.Settings.
	Brand               string
	Texts               *messages.Set
	Clock               *localtime.Clock
	AppointmentDuration time.Duration

	// DialContext replaces the dialler, for tests; nil dials TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// lookUpMargin is kept free at both ends of the events' retention: for clocks
// that differ, and for events that vanish a little early.
const lookUpMargin = time.Hour

// check returns all faults at once. The texts contain no values.
func (c *Config) check() error {
	var faults []error
	fault := func(bad bool, want string) {
		if bad {
			faults = append(faults, errors.New(want))
		}
	}
	fault(c.APIKey == "" || strings.ContainsFunc(c.APIKey, notInKey), "the API key must be text without spaces")
	fault(c.ReadAPIKey == "" || strings.ContainsFunc(c.ReadAPIKey, notInKey), "the API key for look-ups must be text without spaces")
	fault(c.LookUpAPI != LookUpAuto && c.LookUpAPI != LookUpEvents && c.LookUpAPI != LookUpLogs, "the look-up API must be auto, events or logs")
	fault(!validDomain(c.Domain), "the domain must be a bare host name such as mg.clinic.example")
	fault(c.Timeout <= 0, "the timeout must be positive")
	fault(c.EventsRetention <= lookUpMargin, "the events retention must be more than an hour")
	fault(c.Visibility < 0 || c.Visibility >= c.EventsRetention-lookUpMargin, "the visibility must be over an hour shorter than the events retention")
	fault(c.Slots < 1, "slots must be at least 1")
	if _, err := c.sender(); err != nil {
		faults = append(faults, err)
	}
	if _, err := apibase.Of(c.BaseURL, c.Domain); err != nil {
		faults = append(faults, fmt.Errorf("the base URL %w", err))
	}
	return errors.Join(faults...)
}

// sender reads From. net/mail refuses lists and line breaks.
func (c *Config) sender() (*mail.Address, error) {
	a, err := mail.ParseAddress(c.From)
	if err != nil || strings.ContainsFunc(a.Name, unicode.IsControl) {
		return nil, errors.New("the sender must be one address, bare or as Name <name@clinic.example>")
	}
	return a, nil
}

// notInKey reports whether r cannot be part of an API key; a line break at the end of a
// secret file is the usual fault.
func notInKey(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// validDomain reports whether d is a host name of at least two labels (RFC 1123
// section 2.1). It becomes part of paths, header fields and handles.
func validDomain(d string) bool {
	labels := strings.Split(d, ".")
	if len(d) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notInLabel) {
			return false
		}
	}
	return true
}

func notInLabel(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
