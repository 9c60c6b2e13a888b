package mailgun

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mailgun/mailgun-go/v4"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

const (
	// pageSize is how many events one page may hold; one message has one.
	pageSize = 100
	// maxPages ends a look-up whose pages never end.
	maxPages = 100
)

// LookUp implements ports.Sender: it asks for the "accepted" event of the
// message, in the domain that sent it. Events stand there with a delay and not
// in order, so one that is found proves acceptance at once, while their absence
// proves nothing before the caller's time is over. Source: Mailgun's guide to
// event polling.
func (s *Sender) LookUp(ctx context.Context, q ports.LookUp) (ports.Receipt, error) {
	h, ok := parseHandle(q.Handle)
	if !ok {
		return ports.Receipt{}, lookUpFailure(domain.ClassUnknownOutcome, "handle", "the handle is not one of Mailgun's")
	}
	found, failure := s.search(ctx, h, q.ClaimedAt)
	switch {
	case failure != nil:
		return ports.Receipt{}, failure
	case found:
		return ports.Receipt{ProviderID: h.messageID}, nil
	case time.Since(q.ClaimedAt) > s.retention-lookUpMargin:
		return ports.Receipt{}, lookUpFailure(domain.ClassUnknownOutcome, "expired",
			"Mailgun no longer keeps events of that time, so that it knows none proves nothing")
	default:
		return ports.Receipt{}, ports.ErrNotFound
	}
}

// search reads pages until one is empty, which is how Mailgun says "no more".
func (s *Sender) search(ctx context.Context, h handle, since time.Time) (bool, *domain.Failure) {
	pages := s.apiFor(h.domain).ListEvents(&mailgun.ListEventOptions{
		Begin:          s.begin(since, time.Now()),
		ForceAscending: true,
		Limit:          pageSize,
		Filter:         map[string]string{"message-id": h.messageID, "event": "accepted"},
	})
	for range maxPages {
		events, failure := s.page(ctx, pages)
		if failure != nil || len(events) == 0 {
			return false, failure
		}
		if slices.ContainsFunc(events, h.acceptedBy) {
			return true, nil
		}
		if pages.Err() != nil || !s.stayHome(pages) {
			return false, lookUpFailure(domain.ClassTransient, "unreadable", "Mailgun's next page cannot be read")
		}
	}
	return false, lookUpFailure(domain.ClassTransient, "endless", "Mailgun's pages do not end")
}

// begin is where a search starts: a margin before the claim, because clocks
// differ, and not before the time that Mailgun keeps.
func (s *Sender) begin(claimed, now time.Time) time.Time {
	begin, kept := claimed.Add(-lookUpMargin), now.Add(-s.retention)
	if latest := now.Add(-lookUpMargin); begin.After(latest) {
		begin = latest
	}
	if begin.Before(kept) {
		return kept
	}
	return begin
}

// page fetches the next page. A success without the list of events is no
// answer: "none" must be said, not guessed.
func (s *Sender) page(ctx context.Context, pages *mailgun.EventIterator) ([]event, *domain.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	var typed []mailgun.Event
	pages.Next(ctx, &typed)
	if x.Status() != http.StatusOK || !x.Complete() {
		return nil, pageFailure(x, pages.Err())
	}
	var answer struct {
		Items *[]event `json:"items"`
	}
	if json.Unmarshal(x.Body(), &answer) != nil || answer.Items == nil {
		return nil, pageFailure(x, pages.Err())
	}
	return *answer.Items, nil
}

// pageFailure says why a page could not be read. Only a refusal of the key or of
// the domain means that asking again is of no use; everything else passes.
func pageFailure(x *provider.Exchange, err error) *domain.Failure {
	if f := x.Unanswered(name+".lookup", err); f != nil {
		f.Class = domain.ClassTransient
		return f
	}
	status := x.Status()
	f := lookUpFailure(domain.ClassTransient, strconv.Itoa(status), "Mailgun could not answer the look-up")
	switch {
	case provider.CannotBeAsked(status):
		f.Class, f.Detail = domain.ClassUnknownOutcome, "Mailgun refuses the look-up; the API key must be allowed to read events"
	case status == http.StatusTooManyRequests:
		f.Detail, f.RetryAfter = "Mailgun limits the rate of look-ups", delay(x)
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		f.Code, f.Detail = name+".lookup.unreadable", "Mailgun's answer to the look-up cannot be read"
	default:
		retry := http.Header{"Retry-After": x.Header()["Retry-After"]} // its other headers are about the rate
		f.RetryAfter = provider.Delay(retry, "", time.Now())
	}
	return f
}

// event is what matters of one of Mailgun's events. The SDK's own types are not
// used: it fails on a page with any event that it does not know.
type event struct {
	Event   string `json:"event"`
	Message struct {
		Headers struct {
			MessageID string `json:"message-id"`
		} `json:"headers"`
	} `json:"message"`
}

// acceptedBy reports whether e says that Mailgun accepted the message. The filter
// of the search is not relied on: what decides about a second send is read here.
func (h handle) acceptedBy(e event) bool {
	return e.Event == "accepted" && strings.Trim(e.Message.Headers.MessageID, "<>") == h.messageID
}

// stayHome points the next page at the configured base address, and reports
// whether there is one. Mailgun names pages by full addresses; the API key must
// not go wherever an answer says, and from behind a gateway that address may not
// be reachable.
func (s *Sender) stayHome(pages *mailgun.EventIterator) bool {
	next, err := url.Parse(pages.Paging.Next)
	if err != nil {
		return false
	}
	_, path, found := strings.Cut(next.EscapedPath(), "/v3/")
	if !found {
		return false
	}
	pages.Paging.Next = s.base + "/" + path
	if next.RawQuery != "" {
		pages.Paging.Next += "?" + next.RawQuery
	}
	return true
}

func lookUpFailure(class domain.Class, code, detail string) *domain.Failure {
	return &domain.Failure{Class: class, Code: name + ".lookup." + code, Detail: detail}
}
