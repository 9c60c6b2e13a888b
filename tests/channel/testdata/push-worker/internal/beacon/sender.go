// Package beacon sends push messages through Beacon's API: POST /messages with
// a reference of the sender's choice, GET /messages/{reference}.
package beacon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// name is the first part of every failure code.
const name = "beacon"

// handlePrefix carries a version, so that a later build still reads the handles
// of this one.
const handlePrefix = "beacon:v1:"

// lookBack is how long Beacon is sure to list a message.
const lookBack = 24*time.Hour - time.Hour

// Config is the account and what messages look like.
type Config struct {
	Token, BaseURL string
	Timeout        time.Duration
	Slots          int
	Brand          string
	Clock          *localtime.Clock
}

// Sender implements ports.Sender. Safe for concurrent use.
type Sender struct {
	cfg    Config
	client *http.Client
}

var _ ports.Sender = (*Sender)(nil)

// New returns a Sender. It does no I/O.
func New(cfg Config) (*Sender, error) {
	client, err := provider.NewClient(provider.Options{Slots: cfg.Slots, Timeout: cfg.Timeout})
	if err != nil {
		return nil, err
	}
	return &Sender{cfg: cfg, client: client}, nil
}

// Close closes idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Handle implements ports.Sender.
func (s *Sender) Handle(n ports.Notification) string { return handlePrefix + n.Key.String() }

// Send implements ports.Sender.
func (s *Sender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	at := s.cfg.Clock.Of(n.Shown())
	body, err := json.Marshal(map[string]string{
		"reference": n.Key.String(), "to": n.Recipient,
		"text": fmt.Sprintf("%s: %s (%s)", s.cfg.Brand, at.Format("Mon 2 Jan 2006 15:04"), localtime.Offset(at)),
	})
	if err != nil {
		return ports.Accepted{}, fmt.Errorf("encode a message: %w", err)
	}
	a, failure := s.ask(ctx, http.MethodPost, "/messages", body)
	switch {
	case failure != nil:
		return ports.Accepted{}, failure
	case a.status == http.StatusCreated && a.Message != "":
		return ports.Accepted{ProviderID: a.Message}, nil
	}
	return ports.Accepted{}, a.refusal()
}

// LookUp implements ports.Sender.
func (s *Sender) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	reference, ours := strings.CutPrefix(q.Handle, handlePrefix)
	if !ours {
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: name + ".lookup.handle"}
	}
	a, failure := s.ask(ctx, http.MethodGet, "/messages/"+reference, nil)
	switch {
	case failure != nil:
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassTransient, Code: name + ".lookup.no_answer", Cause: failure, Unreachable: failure.Unreachable}
	case a.status == http.StatusOK && a.Message != "":
		return ports.Accepted{ProviderID: a.Message}, nil
	case a.status == http.StatusNotFound && a.Error == "no_such_message" && time.Since(q.ClaimedAt) < lookBack:
		return ports.Accepted{}, ports.ErrNotFound
	case provider.CannotBeAsked(a.status):
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: name + ".lookup.refused"}
	}
	return ports.Accepted{}, &domain.Failure{Class: domain.ClassTransient, Code: name + ".lookup.unreadable"}
}

// answer is a complete answer of the API.
type answer struct {
	Message string `json:"message"`
	Error   string `json:"error"`
	status  int
}

// refusal classifies an answer that is no success.
func (a answer) refusal() *domain.Failure {
	f := &domain.Failure{Class: domain.ClassUnknownOutcome, Code: fmt.Sprintf("%s.%d", name, a.status)}
	switch {
	case provider.Undecided(a.status) || a.Error == "":
	case a.Error == "no_such_device":
		f.Class = domain.ClassRecipientRejected
	case a.Error == "bad_token":
		f.Class = domain.ClassConfiguration
	case a.status == http.StatusTooManyRequests:
		f.Class = domain.ClassTransient
	default:
		f.Class, f.Unrecognized = domain.ClassMessageRejected, true
	}
	return f
}

// ask makes one request. The failure is set when there was no complete answer.
func (s *Sender) ask(ctx context.Context, method, path string, body []byte) (answer, *domain.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	request, err := http.NewRequestWithContext(ctx, method, s.cfg.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, &domain.Failure{Class: domain.ClassConfiguration, Code: name + ".url"}
	}
	request.GetBody = nil // nothing may send it a second time
	request.Header.Set("Authorization", "Bearer "+s.cfg.Token)
	response, err := s.client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if failure := x.Unanswered(name, err); failure != nil {
		return answer{}, failure
	}
	a := answer{status: x.Status()}
	_ = json.Unmarshal(x.Body(), &a) // an answer in another form has neither member
	return a, nil
}
