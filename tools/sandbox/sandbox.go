// Package sandbox stands in for Mailgun and Twilio: for the demo, for a local
// system without accounts, and as the judge of the end-to-end tests.
//
// It answers with the providers' own paths, bodies and errors, writes each request to
// an append-only journal before it answers, shows accepted messages on an inbox page
// and, when scripted, fails in all the ways that real providers do. It shares no code
// with the system it judges.
package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/inbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/mailgun"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/twilio"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Options configures a sandbox. The zero value accepts any credentials and
// forgets everything with the process.
type Options struct {
	// LogPath is the journal. If the file exists, the sandbox goes on with it.
	LogPath string
	// MailgunKey and MailgunDomain, when set, are the only valid ones.
	MailgunKey, MailgunDomain string
	// MailgunReadKey, when set, is what look-ups need: MailgunKey then only sends.
	MailgunReadKey string
	// TwilioAccountSID, TwilioAuthToken and TwilioFrom, when set, are the only
	// valid ones.
	TwilioAccountSID, TwilioAuthToken, TwilioFrom string
	// EmailVisibility and SMSVisibility are how long after its acceptance a
	// message shows in the look-ups; EmailRetention and SMSRetention are how long
	// after it the message stays in them (0: for ever).
	EmailVisibility, SMSVisibility, EmailRetention, SMSRetention time.Duration
	// KeepMessages is how many messages the inbox shows in full (10,000).
	KeepMessages int
	// Controls, if any, serves /_demo/. BoardURL is where the page finds a
	// Board in JSON ("/_demo/board" when there are Controls).
	Controls http.Handler
	BoardURL string
}

// Sandbox is an http.Handler with the providers' APIs, the inbox page and the
// scripting endpoints. All methods may be called concurrently.
type Sandbox struct {
	journal  *journal.Journal
	script   *script.Set
	settings *settings
	server   atomic.Pointer[Server]
	mailgun  http.Handler
	twilio   http.Handler
	admin    http.Handler
	controls http.Handler
	inbox    http.Handler
	closed   chan struct{}
	close    sync.Once
}

// New opens the journal and returns a sandbox that is ready to serve.
func New(o Options) (*Sandbox, error) {
	j, err := journal.Open(journal.Options{Path: o.LogPath, KeepMessages: o.KeepMessages})
	if err != nil {
		return nil, fmt.Errorf("open the sandbox's journal: %w", err)
	}
	s := &Sandbox{journal: j, script: &script.Set{}, settings: newSettings(o), closed: make(chan struct{})}
	x := &exchange.Exchange{Journal: j, Script: s.script, Closed: s.closed}
	s.mailgun = mailgun.New(mailgun.Options{
		Key: o.MailgunKey, ReadKey: o.MailgunReadKey, Domain: o.MailgunDomain,
		Visibility: &s.settings.emailVisibility, Retention: &s.settings.emailRetention, Delivery: &s.settings.emailDelivery,
	}, x)
	s.twilio = twilio.New(twilio.Options{
		AccountSID: o.TwilioAccountSID, AuthToken: o.TwilioAuthToken, From: o.TwilioFrom,
		Visibility: &s.settings.smsVisibility, Retention: &s.settings.smsRetention, Delivery: &s.settings.smsDelivery,
	}, x)
	s.admin = s.adminRoutes()
	return s, s.mountPages(o)
}

func (s *Sandbox) mountPages(o Options) (err error) {
	s.controls = http.NotFoundHandler()
	if o.Controls != nil {
		s.controls = http.NewCrossOriginProtection().Handler(o.Controls)
		o.BoardURL = cmp.Or(o.BoardURL, "/_demo/board")
	}
	s.inbox, err = inbox.New(inbox.Options{BoardURL: o.BoardURL}, s.journal)
	return err
}

// ServeHTTP routes by the path's beginning, without cleaning it: a client's
// doubled slash must fail here as it does at the provider.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !ours(r.Host) {
		http.Error(w, "the sandbox does not answer to that name", http.StatusMisdirectedRequest)
		return
	}
	r.Body = hurried(w, r.Body)
	switch {
	case strings.HasPrefix(r.URL.Path, "/v3/"), r.URL.Path == mailgun.LogsPath:
		s.mailgun.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/2010-04-01/"):
		s.twilio.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/_sandbox/"):
		s.admin.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/_demo/"):
		s.controls.ServeHTTP(w, r)
	default:
		s.inbox.ServeHTTP(w, r)
	}
}

// Close ends all waiting requests and closes the journal.
func (s *Sandbox) Close() error {
	err := error(nil)
	s.close.Do(func() {
		close(s.closed)
		err = s.journal.Close()
	})
	return err
}
