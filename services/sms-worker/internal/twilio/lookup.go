package twilio

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

const (
	// lookBack is how long every account can at least list its messages. By
	// default it is 400 days, and an account may shorten it to 7. Source: "New
	// Data Controls with Twilio Messaging", Twilio's blog, December 2020.
	lookBack = 7 * 24 * time.Hour
	// lookBackMargin is kept free at its end, for clocks that differ.
	lookBackMargin = time.Hour
	// pageSize is Twilio's default. Fifty texts of the longest kind, with each
	// character escaped, still fit into the part of an answer that is read.
	pageSize = 50
	// wholePages is how many pages are read regardless of their age. Twilio's list
	// begins with the messages that were sent last; the place of messages that still
	// wait is not documented. So the order only matters for a recipient with more
	// messages than these pages hold.
	wholePages = 20
	// maxPages ends a look-up whose pages never end.
	maxPages = 200
)

// LookUp implements ports.Sender: it searches the messages of the account to the
// recipient for the reference. There is no filter by sender, which may have
// changed since, and none by date, because a message that is only queued has no
// date yet.
func (s *Sender) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	h, ok := parseHandle(q.Handle)
	if !ok {
		return ports.Accepted{}, lookUpFailure(domain.ClassUnknownOutcome, "handle", "the handle is not one of Twilio's")
	}
	f := finding{handle: h, since: q.ClaimedAt.Add(-claimMargin)}
	failure := s.search(ctx, &f)
	switch {
	case failure != nil:
		return ports.Accepted{}, failure
	case f.sid != "":
		return ports.Accepted{ProviderID: f.sid}, nil
	case f.redacted:
		return ports.Accepted{}, lookUpFailure(domain.ClassUnknownOutcome, "redacted",
			"a message to this recipient has lost its text (message redaction, or deleted by hand), so it cannot be told which it was")
	case time.Since(q.ClaimedAt) > lookBack-lookBackMargin:
		return ports.Accepted{}, lookUpFailure(domain.ClassUnknownOutcome, "expired",
			"Twilio need not list messages of that time any more, so that it lists none proves nothing")
	default:
		return ports.Accepted{}, ports.ErrNotFound
	}
}

// search reads pages until the message is found, there are no more pages, or all
// further messages were sent before the claim.
func (s *Sender) search(ctx context.Context, f *finding) *domain.Failure {
	next := ""
	for n := range maxPages {
		p, failure := s.page(ctx, listOf(f.handle), next)
		if failure != nil {
			return failure
		}
		messages, ok := p.messages()
		if !ok {
			return unreadable()
		}
		f.take(messages)
		if f.sid != "" || p.next == "" || n >= wholePages && f.allBefore(messages) {
			return nil
		}
		next = p.next
	}
	return lookUpFailure(domain.ClassTransient, "endless", "Twilio's pages do not end")
}

// page fetches the first page of a list, or the one that the page before named.
func (s *Sender) page(ctx context.Context, list *api.ListMessageParams, next string) (page, *domain.Failure) {
	p, _, failure := s.pageOf(ctx, list, next)
	return p, failure
}

// pageOf is page that also returns the exchange.
func (s *Sender) pageOf(ctx context.Context, list *api.ListMessageParams, next string) (page, *provider.Exchange, *domain.Failure) {
	x, failure := s.get(ctx, func(ctx context.Context) error {
		if next == "" {
			_, err := s.request(ctx, http.StatusOK).PageMessage(list, "", "")
			return err
		}
		resp, err := s.handler(ctx, http.StatusOK).Get(apiRoot+next, nil, nil, "")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	})
	if failure != nil {
		return page{}, x, failure
	}
	p, ok := readPage(x.Body(), *list.PathAccountSid)
	if !ok {
		return page{}, x, unreadable()
	}
	return p, x, nil
}

// get makes one read-only request. Without a failure its answer is a complete success.
func (s *Sender) get(ctx context.Context, fetch func(context.Context) error) (*provider.Exchange, *domain.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	err := fetch(ctx)
	if x.Status() != http.StatusOK || !x.Complete() {
		return x, pageFailure(x, err)
	}
	return x, nil
}

func unreadable() *domain.Failure {
	return lookUpFailure(domain.ClassTransient, "unreadable", "Twilio's answer to the look-up cannot be read")
}

// apiRoot is the address that the addresses in Twilio's answers are relative to; the
// request replaces it by the configured one.
const apiRoot = "https://api.twilio.com"

// listOf asks for the messages to the recipient of a handle.
func listOf(h handle) *api.ListMessageParams {
	p := &api.ListMessageParams{}
	p.SetPathAccountSid(h.account)
	p.SetTo(h.to)
	p.SetPageSize(pageSize)
	return p
}

// pageFailure returns the failure of a page. Only a refusal of the account or its
// credentials is final; all other failures are transient.
func pageFailure(x *provider.Exchange, err error) *domain.Failure {
	if f := x.Unanswered(name+".lookup", err); f != nil {
		f.Class = domain.ClassTransient
		return f
	}
	status := x.Status()
	text := strings.TrimPrefix(codeText(status, errorCode(x.Body())), name+".")
	if provider.CannotBeAsked(status) {
		return lookUpFailure(domain.ClassUnknownOutcome, text,
			"Twilio refuses to be asked (status "+strconv.Itoa(status)+"); the account that sent must be readable with the credentials")
	}
	f := lookUpFailure(domain.ClassTransient, text, "Twilio could not answer the look-up")
	if status == http.StatusTooManyRequests {
		f.Detail = "Twilio limits the requests of this account"
	}
	f.RetryAfter = delay(x)
	return f
}

func lookUpFailure(class domain.Class, code, detail string) *domain.Failure {
	return &domain.Failure{Class: class, Code: name + ".lookup." + code, Detail: detail}
}
