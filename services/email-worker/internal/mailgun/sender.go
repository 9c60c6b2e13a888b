package mailgun

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mailgun/mailgun-go/v4"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/apibase"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// name is the first part of every failure code.
const name = "mailgun"

// Sender implements ports.Sender and ports.ReceiptSource. Safe for concurrent use.
type Sender struct {
	client  *http.Client
	forms   *forms
	api     *mailgun.MailgunImpl
	base    string
	logs    string
	readKey string
	paths   paths
	// shown holds the domains of which the logs have shown rows.
	shown     sync.Map
	domain    string
	from      string
	timeout   time.Duration
	retention time.Duration
	// visibility is the age at which rows are settled, turns bounds the questions
	// about receipts.
	visibility time.Duration
	turns      provider.Turns
	renderer   *message.Renderer
	headers    []message.Header
	refusals   []refusal
}

var (
	_ ports.Sender        = (*Sender)(nil)
	_ ports.MessageNamer  = (*Sender)(nil)
	_ ports.ReceiptSource = (*Sender)(nil)
)

// New returns a Sender, or an error with all faults of cfg. It does no I/O.
func New(cfg Config) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("mailgun: %w", err)
	}
	cfg.Domain = strings.ToLower(cfg.Domain) // part of ids that are compared
	base, _ := apibase.Of(cfg.BaseURL, cfg.Domain)
	from, _ := cfg.sender()
	renderer, err := message.New(message.Settings{
		Brand: cfg.Brand, Texts: cfg.Texts, Clock: cfg.Clock, Duration: cfg.AppointmentDuration,
		Domain: cfg.Domain, Organizer: from.Address,
	})
	if err != nil {
		return nil, fmt.Errorf("mailgun: %w", err)
	}
	client, err := provider.NewClient(provider.Options{
		Slots: cfg.Slots + receiptTurns, Timeout: cfg.Timeout, DialContext: cfg.DialContext,
	})
	if err != nil {
		return nil, fmt.Errorf("mailgun: %w", err)
	}
	own := &forms{next: client.Transport}
	client.Transport = own
	s := &Sender{
		client: client, forms: own, base: base, logs: apibase.Logs(base), readKey: cfg.ReadAPIKey, domain: cfg.Domain, from: from.String(),
		timeout: cfg.Timeout, retention: cfg.EventsRetention, visibility: cfg.Visibility, turns: provider.NewTurns(receiptTurns),
		renderer: renderer, headers: message.Headers(cfg.Texts), refusals: refusals(),
	}
	s.api, s.paths = s.apiFor(cfg.Domain, cfg.APIKey), s.pathsOf(cfg.LookUpAPI)
	return s, nil
}

// apiFor returns the SDK's client for one domain and key.
func (s *Sender) apiFor(domain, key string) *mailgun.MailgunImpl {
	api := mailgun.NewMailgun(domain, key)
	api.SetAPIBase(s.base)
	api.SetClient(s.client)
	return api
}

// Close closes idle connections. Calls that are under way are not disturbed.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Handle implements ports.Sender.
func (s *Sender) Handle(n ports.Notification) string { return handleOf(s.domain, n.Key).String() }

// MessageID implements ports.MessageNamer: we choose the Message-Id ourselves.
func (*Sender) MessageID(text string) string {
	h, _ := parseHandle(text)
	return h.messageID
}

// Send implements ports.Sender.
func (s *Sender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	f, failure := s.compose(n)
	if failure != nil {
		return ports.Accepted{}, failure
	}
	ctx, cancel := provider.Within(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	_, id, err := s.api.Send(withForm(ctx, f), &f.envelope)
	s.forms.recycle(f)
	// Mailgun's id is in angle brackets; a proxy's answer may have another kind of id.
	if own := ownID(id); err == nil && own != "" && x.Status() == http.StatusOK {
		return ports.Accepted{ProviderID: own}, nil
	}
	return ports.Accepted{}, s.sendFailure(x, err)
}

// ownID returns an id of Mailgun's without its angle brackets; empty for any other id.
func ownID(id string) string {
	inside, begins := strings.CutPrefix(id, "<")
	inside, ends := strings.CutSuffix(inside, ">")
	if !begins || !ends {
		return ""
	}
	return inside
}

// compose makes the request's form.
func (s *Sender) compose(n ports.Notification) (*form, *domain.Failure) {
	if !oneAddress(n.Recipient) {
		return nil, &domain.Failure{
			Class: domain.ClassRecipientRejected, Code: "mailgun.recipient",
			Detail: "the recipient must be exactly one bare address; nothing was sent",
		}
	}
	f := s.forms.take()
	f.sender, f.draft, f.to = s, s.renderer.Draft(n.Shown(), n.EventTime), n.Recipient
	f.key, f.appointment = n.Key, n.Event.AppointmentID
	return f, nil
}

// oneAddress reports whether to holds exactly one address: Mailgun reads a comma
// list.
func oneAddress(to string) bool {
	at := strings.IndexByte(to, '@')
	return at > 0 && at < len(to)-1 && strings.LastIndexByte(to, '@') == at &&
		!strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`,;:<>()"\`, r) })
}
