package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// formSender posts the least that Mailgun takes: the bare call that the cost of
// everything else is measured against.
type formSender struct {
	client *http.Client
	url    string
	domain string
}

func newFormSender(base, mailDomain string, slots int) *formSender {
	return &formSender{
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: slots}},
		url:    base + "/v3/" + mailDomain + "/messages", domain: mailDomain,
	}
}

// Handle implements ports.Sender.
func (s *formSender) Handle(n ports.Notification) string { return n.Key.String() + "@" + s.domain }

// Send implements ports.Sender.
func (s *formSender) Send(ctx context.Context, n ports.Notification) (ports.Receipt, error) {
	form := url.Values{
		"from": {"clinic@" + s.domain}, "to": {n.Recipient}, "subject": {"Your appointment"},
		"text": {"Your appointment is at " + n.Event.Time.String()}, "h:Message-Id": {"<" + s.Handle(n) + ">"},
		"v:appointment_id": {n.Event.AppointmentID},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return ports.Receipt{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("api", "test-key")
	resp, err := s.client.Do(req)
	if err != nil {
		return ports.Receipt{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return ports.Receipt{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "form", Cause: err}
	}
	return ports.Receipt{ProviderID: s.Handle(n)}, nil
}

// LookUp implements ports.Sender. Nothing is ever in doubt for long here.
func (s *formSender) LookUp(context.Context, ports.LookUp) (ports.Receipt, error) {
	return ports.Receipt{}, ports.ErrNotFound
}
