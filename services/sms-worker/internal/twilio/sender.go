package twilio

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/apibase"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/message"
)

// name is the first part of every failure code.
const name = "twilio"

// maxValidity is the longest time in seconds that Twilio keeps a message queued.
// Source: Twilio's API description, parameter ValidityPeriod.
const maxValidity = 36000

// Sender implements ports.Sender and ports.ReceiptSource. Safe for concurrent use.
type Sender struct {
	client  *http.Client
	base    *url.URL
	account string
	from    string
	// credentials is the value of the header Authorization.
	credentials string
	timeout     time.Duration
	// visibility is the age at which the list surely shows a message; turns bounds the
	// questions about receipts.
	visibility time.Duration
	turns      provider.Turns
	renderer   *message.Renderer
	refusals   map[int]refusal
	statuses   map[int]refusal
}

var _ ports.Sender = (*Sender)(nil)

// New returns a Sender, or an error with all faults of cfg. It does no I/O.
func New(cfg Config) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	base, _ := apibase.Of(cfg.BaseURL)
	base.Host = strings.TrimSuffix(base.Host, ":") // a port that is left empty
	renderer, err := message.New(message.Settings{
		Brand: cfg.Brand, Texts: cfg.Texts, Clock: cfg.Clock, Limits: gsm.LimitsOf(cfg.From),
	})
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	client, err := provider.NewClient(provider.Options{
		Slots: cfg.Slots + receiptTurns, Timeout: cfg.Timeout, DialContext: cfg.DialContext,
	})
	if err != nil {
		return nil, fmt.Errorf("twilio: %w", err)
	}
	return &Sender{
		client: client, base: base, account: cfg.AccountSID, from: cfg.From, credentials: basic(cfg.AccountSID, cfg.AuthToken),
		timeout: cfg.Timeout, visibility: cfg.Visibility, turns: provider.NewTurns(receiptTurns), renderer: renderer, refusals: refusals(), statuses: statusRefusals(),
	}, nil
}

// basic returns the credentials of HTTP's basic authentication (RFC 7617).
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Close closes idle connections. Calls that are under way are not disturbed.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Handle implements ports.Sender.
func (s *Sender) Handle(n ports.Notification) string {
	return handleOf(s.account, n.Recipient, n.Key).String()
}

// Send implements ports.Sender.
func (s *Sender) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	if !validNumber(n.Recipient) {
		return ports.Accepted{}, &domain.Failure{
			Class: domain.ClassRecipientRejected, Code: name + ".recipient",
			Detail: "the recipient must be exactly one number in E.164 form; nothing was sent",
		}
	}
	ctx, cancel := provider.Within(ctx, s.timeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	ctx, x := provider.NewExchange(ctx)
	m, err := s.request(ctx, http.StatusCreated).CreateMessage(s.compose(n, deadline))
	if err == nil && m.Sid != nil && validSID(*m.Sid) {
		return ports.Accepted{ProviderID: *m.Sid}, nil
	}
	return ports.Accepted{}, s.sendFailure(x, err)
}

// compose makes the parameters of one message. latest is the last moment at which the
// request may be written: the validity counts from there, because it must not reach
// beyond the appointment.
func (s *Sender) compose(n ports.Notification, latest time.Time) *api.CreateMessageParams {
	p := &api.CreateMessageParams{}
	p.SetPathAccountSid(s.account)
	p.SetTo(n.Recipient)
	p.SetFrom(s.from)
	event := n.Shown()
	body := s.renderer.Render(event, n.Key.Reference())
	p.SetBody(body)
	p.SetValidityPeriod(validity(event.Time.Sub(latest)))
	// Smart encoding replaces characters outside the GSM alphabet. A text that needs
	// UCS-2 must stay as written.
	p.SetSmartEncoded(gsm.Encodable(body))
	return p
}

// validity returns how many seconds Twilio may keep a message queued that is useful for
// another left. The minimum is one second.
func validity(left time.Duration) int {
	return int(min(max(left/time.Second, 1), maxValidity))
}
