package mailgun

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// keptMargin is the part of the retention that Logs is not asked about: Mailgun refuses
// a search that begins before its retention, and its clock may differ from ours.
const keptMargin = 5 * time.Minute

// searchLogs asks the Logs API, which the SDK does not have, for the message.
func (s *Sender) searchLogs(ctx context.Context, q question) answer {
	now := time.Now()
	t := tally{handle: q.handle}
	read := t.end(s.eachLog(ctx, search{
		domain: q.domain, messageID: q.messageID, begin: begin(q.claimed, s.keptByLogs(now), now),
		events: []string{"accepted", "delivered", "failed", "rejected"}, pages: maxPages,
	}, t.take))
	if read == (answer{}) {
		return s.blind(ctx, q.domain)
	}
	return read
}

// keptByLogs is the earliest time that Logs is asked about.
func (s *Sender) keptByLogs(now time.Time) time.Time { return now.Add(keptMargin - s.retention) }

// eachLog reads pages, which are linked by tokens; the last page has no token.
func (s *Sender) eachLog(ctx context.Context, q search, take taker) answer {
	query := logsQuery(q)
	tokens := map[string]bool{}
	for range q.pages {
		page, a := s.logsPage(ctx, query)
		if a.failure != nil {
			return a
		}
		if enough, failure := take(s.rowsOf(q.domain, page)); enough || failure != nil {
			return answer{failure: failure}
		}
		next := page.next
		if next == "" || len(page.rows) == 0 {
			return answer{}
		}
		if tokens[next] {
			return answer{failure: endless()}
		}
		tokens[next], query.Pagination.Token = true, next
	}
	return answer{failure: endless()}
}

// rowsOf returns the rows of the domain and those that cannot be read, and remembers
// that the key can see the domain.
func (s *Sender) rowsOf(domain string, page logsPage) (rows []json.RawMessage) {
	for _, raw := range page.rows {
		var r struct {
			Domain struct {
				Name string `json:"name"`
			} `json:"domain"`
		}
		err := json.Unmarshal(raw, &r)
		if own := strings.EqualFold(r.Domain.Name, domain); own || err != nil {
			rows = append(rows, raw)
			if own {
				s.shown.Store(domain, true)
			}
		}
	}
	return rows
}

// blind returns a failure if an empty result proves nothing. A search names no account:
// with the key of another account, or in another region, the logs are empty as if
// nothing had ever been sent. So the logs must have shown a row of the domain before.
func (s *Sender) blind(ctx context.Context, domainName string) answer {
	if _, shown := s.shown.Load(domainName); shown {
		return answer{}
	}
	page, a := s.logsPage(ctx, logsQuery(search{domain: domainName, begin: s.keptByLogs(time.Now())}))
	if a.failure != nil {
		return a
	}
	_ = s.rowsOf(domainName, page)
	if _, shown := s.shown.Load(domainName); shown {
		return answer{}
	}
	return answer{failure: lookUpFailure(domain.ClassUnknownOutcome, "blind",
		"Mailgun's logs show nothing of the domain; MAILGUN_READ_API_KEY may be of another account or region")}
}

// logsPage asks for one page.
func (s *Sender) logsPage(ctx context.Context, query logsRequest) (logsPage, answer) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, x := provider.NewExchange(ctx)
	err := s.postLogs(ctx, query)
	if err == nil && x.Status() == http.StatusOK {
		if page, ok := readLogsPage(x.Body()); ok {
			return page, answer{}
		}
	}
	if x.Complete() && x.Status() == http.StatusBadRequest {
		return logsPage{}, badLogsRequest(x.Body())
	}
	return logsPage{}, answer{failure: pageFailure(x, err)}
}

// postLogs makes the request; its answer is in the exchange of ctx.
func (s *Sender) postLogs(ctx context.Context, query logsRequest) error {
	body, err := json.Marshal(query)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.logs, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("api", s.readKey)
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// badLogsRequest distinguishes a search that begins before the plan's retention from a
// malformed request. Both would be refused again.
func badLogsRequest(body []byte) answer {
	var refusal struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &refusal) // an unreadable body counts as a malformed request
	if strings.Contains(strings.ToLower(refusal.Message), "retention") {
		return answer{failure: expired(), final: true, expired: true}
	}
	return answer{failure: lookUpFailure(domain.ClassUnknownOutcome, "400",
		"Mailgun's Logs API does not understand the look-up; this is a fault of the program")}
}
