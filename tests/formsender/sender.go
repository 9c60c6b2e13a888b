// Package formsender is the least that an adapter to Mailgun can be: one
// net/http form post and no more. Measurements compare everything else with it.
package formsender

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Sender posts the least that Mailgun takes. Safe for concurrent use.
type Sender struct {
	client *http.Client
	url    string
	domain string
}

var _ ports.Sender = (*Sender)(nil)

// New returns a sender to the API at base, which keeps a connection for each of
// its slots.
func New(base, mailDomain string, slots int) *Sender {
	return &Sender{
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: slots, MaxIdleConnsPerHost: slots}},
		url:    base + "/v3/" + mailDomain + "/messages", domain: mailDomain,
	}
}

// Handle implements ports.Sender.
func (s *Sender) Handle(n ports.Notification) string { return n.Key.String() + "@" + s.domain }

// Send implements ports.Sender.
func (s *Sender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	form := url.Values{
		"from": {"clinic@" + s.domain}, "to": {n.Recipient}, "subject": {"Your appointment"},
		"text": {"Your appointment is at " + n.Event.Time.String()}, "h:Message-Id": {"<" + s.Handle(n) + ">"},
		"v:appointment_id": {n.Event.AppointmentID},
	}
	if err := s.Post(ctx, form.Encode()); err != nil {
		return ports.Accepted{}, err
	}
	return ports.Accepted{ProviderID: s.Handle(n)}, nil
}

// Post posts a form that is encoded already.
func (s *Sender) Post(ctx context.Context, form string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("api", "test-key")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "form", Cause: err}
	}
	return nil
}

// LookUp implements ports.Sender. Nothing is ever in doubt for long here.
func (s *Sender) LookUp(context.Context, ports.LookUp) (ports.Accepted, error) {
	return ports.Accepted{}, ports.ErrNotFound
}
