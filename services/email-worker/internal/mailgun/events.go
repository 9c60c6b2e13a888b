package mailgun

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mailgun/mailgun-go/v4"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// searchEvents asks the Events API of the domain that sent the message.
func (s *Sender) searchEvents(ctx context.Context, q question) answer {
	now := time.Now()
	t := tally{handle: q.handle}
	return t.end(s.eachEvent(ctx, search{
		domain: q.domain, messageID: q.messageID, begin: begin(q.claimed, now.Add(-s.retention), now), pages: maxPages,
	}, t.take))
}

// eachEvent reads pages until one is empty, which marks Mailgun's last page.
func (s *Sender) eachEvent(ctx context.Context, q search, take taker) answer {
	api := s.apiFor(q.domain, s.readKey)
	at := api.ListEvents(&mailgun.ListEventOptions{
		Begin: q.begin, End: q.end, ForceAscending: true, Limit: pageSize, Filter: q.filter(),
	}).Paging.Next
	seen := map[string]bool{}
	for range q.pages {
		page, failure := s.eventsPage(ctx, api, at)
		if failure != nil || len(page.rows) == 0 {
			return answer{failure: failure}
		}
		if enough, failure := take(page.rows); enough || failure != nil {
			return answer{failure: failure}
		}
		home, ok := s.atHome(page.next)
		if !ok {
			return answer{failure: unreadable("Mailgun's next page cannot be read")}
		}
		if seen[home] {
			return answer{failure: endless()}
		}
		at, seen[home] = home, true
	}
	return answer{failure: endless()}
}

// eventsPage is one page of an answer.
type eventsPage struct {
	rows []json.RawMessage
	next string
}

// eventsPage fetches the page at an address. A success without a list of events, or
// without its pages, is not Mailgun's answer: an empty list must be explicit. The rows
// are not decoded by the SDK, which fails on a page with any event that it does not
// know.
func (s *Sender) eventsPage(ctx context.Context, api *mailgun.MailgunImpl, at string) (eventsPage, *domain.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	pages := api.ListEvents(nil)
	pages.Paging.Next = at
	var typed []mailgun.Event
	pages.Next(ctx, &typed)
	if x.Status() != http.StatusOK || !x.Complete() {
		return eventsPage{}, pageFailure(x, pages.Err())
	}
	var page struct {
		Items  *[]json.RawMessage `json:"items"`
		Paging *struct {
			Next string `json:"next"`
		} `json:"paging"`
	}
	if json.Unmarshal(x.Body(), &page) != nil || page.Items == nil || page.Paging == nil {
		return eventsPage{}, pageFailure(x, pages.Err())
	}
	return eventsPage{*page.Items, page.Paging.Next}, nil
}

// atHome returns the address of the next page below the configured base, and whether
// there is one. Mailgun names pages by full addresses. The API key must not be sent to
// any address that an answer names, and such an address may not be reachable from
// behind a gateway.
func (s *Sender) atHome(address string) (string, bool) {
	next, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	_, path, found := strings.Cut(next.EscapedPath(), "/v3/")
	if !found {
		return "", false
	}
	home := s.base + "/" + path
	if next.RawQuery != "" {
		home += "?" + next.RawQuery
	}
	return home, true
}

func endless() *domain.Failure {
	return lookUpFailure(domain.ClassTransient, "endless", "Mailgun's pages do not end")
}
