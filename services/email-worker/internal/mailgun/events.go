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

// searchEvents asks the Events API of the domain that sent the message. It reads
// pages until one is empty, which is how Mailgun says "no more".
func (s *Sender) searchEvents(ctx context.Context, q question) answer {
	now := time.Now()
	pages := s.eventsOf(q.domain).ListEvents(&mailgun.ListEventOptions{
		Begin:          begin(q.claimed, now.Add(-s.retention), now),
		ForceAscending: true,
		Limit:          pageSize,
		Filter:         map[string]string{"message-id": q.messageID},
	})
	var t tally
	for range maxPages {
		rows, failure := s.eventsPage(ctx, pages)
		if failure != nil {
			return answer{failure: failure}
		}
		if len(rows) == 0 {
			return t.end()
		}
		for _, r := range rows {
			if q.about(r) && t.add(r) {
				return answer{accepted: true}
			}
		}
		if pages.Err() != nil || !s.stayHome(pages) {
			return answer{failure: lookUpFailure(domain.ClassTransient, "unreadable", "Mailgun's next page cannot be read")}
		}
	}
	return answer{failure: endless()}
}

// eventsOf returns the SDK's client for the events of one domain.
func (s *Sender) eventsOf(domain string) *mailgun.MailgunImpl { return s.apiFor(domain, s.readKey) }

// eventsPage fetches the next page. A success without the list of events, or
// without its pages, is no answer of Mailgun's: "none" must be said, not guessed.
func (s *Sender) eventsPage(ctx context.Context, pages *mailgun.EventIterator) ([]row, *domain.Failure) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	var typed []mailgun.Event
	pages.Next(ctx, &typed)
	if x.Status() != http.StatusOK || !x.Complete() {
		return nil, pageFailure(x, pages.Err())
	}
	var page struct {
		Items  *[]row    `json:"items"`
		Paging *struct{} `json:"paging"`
	}
	if json.Unmarshal(x.Body(), &page) != nil || page.Items == nil || page.Paging == nil {
		return nil, pageFailure(x, pages.Err())
	}
	return *page.Items, nil
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

func endless() *domain.Failure {
	return lookUpFailure(domain.ClassTransient, "endless", "Mailgun's pages do not end")
}
