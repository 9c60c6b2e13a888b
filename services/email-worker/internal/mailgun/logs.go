package mailgun

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// keptMargin is what of the retention Logs is not asked about: a start before
// what Mailgun keeps is refused, and its clock is not ours.
const keptMargin = 5 * time.Minute

// searchLogs asks the Logs API, which the SDK does not have, for the message.
// Pages are tied by tokens; the last one names no next.
func (s *Sender) searchLogs(ctx context.Context, q question) answer {
	now := time.Now()
	query := logsQuery(begin(q.claimed, now.Add(keptMargin-s.retention), now), equals("domain", q.domain), equals("message_id", q.messageID))
	var t tally
	tokens := map[string]bool{}
	for range maxPages {
		page, a := s.logsPage(ctx, query)
		if a.failure != nil {
			return a
		}
		for _, r := range s.rowsOf(q.domain, page) {
			if q.about(r) && t.add(r) {
				return answer{accepted: true}
			}
		}
		next := page.next
		if next == "" || len(page.rows) == 0 {
			return cmp.Or(t.end(), s.blind(ctx, q.domain))
		}
		if tokens[next] {
			return answer{failure: endless()}
		}
		tokens[next], query.Pagination.Token = true, next
	}
	return answer{failure: endless()}
}

// rowsOf returns the rows of the domain, and remembers that the key shows it.
func (s *Sender) rowsOf(domain string, page logsPage) (rows []row) {
	for _, r := range page.rows {
		if strings.EqualFold(r.Domain.Name, domain) {
			s.shown.Store(domain, true)
			rows = append(rows, r.row)
		}
	}
	return rows
}

// blind says why "none" proves nothing, if so. A search names no account: with
// the key of another account, or in another region, the logs answer as if
// nothing had ever been sent. So they must have shown something of the domain.
func (s *Sender) blind(ctx context.Context, domainName string) answer {
	if _, shown := s.shown.Load(domainName); shown {
		return answer{}
	}
	page, a := s.logsPage(ctx, logsQuery(time.Now().Add(keptMargin-s.retention), equals("domain", domainName)))
	if a.failure != nil || len(s.rowsOf(domainName, page)) > 0 {
		return a
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

// badLogsRequest tells a start that the account's plan no longer keeps from a
// request that is wrong. Neither is a doubt about Mailgun: both would be refused
// again.
func badLogsRequest(body []byte) answer {
	var refusal struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &refusal) // without a message it is not the first
	if strings.Contains(strings.ToLower(refusal.Message), "retention") {
		return answer{failure: expired(), final: true}
	}
	return answer{failure: lookUpFailure(domain.ClassUnknownOutcome, "400",
		"Mailgun's Logs API does not understand the look-up; this is a fault of the program")}
}
