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

// keptMargin is what of the retention Logs is not asked about: a start before
// what Mailgun keeps is refused, and its clock is not ours.
const keptMargin = 5 * time.Minute

// searchLogs asks the Logs API, which the SDK does not have, for the message.
// Pages are tied by tokens; the last one names no next.
func (s *Sender) searchLogs(ctx context.Context, q question) answer {
	now := time.Now()
	query := logsQuery(q.handle, begin(q.claimed, now.Add(keptMargin-s.retention), now))
	var t tally
	tokens := map[string]bool{}
	for range maxPages {
		page, a := s.logsPage(ctx, query)
		if a.failure != nil {
			return a
		}
		for _, r := range page.rows {
			if strings.EqualFold(r.Domain.Name, q.domain) && q.about(r.row) && t.add(r.row) {
				return answer{accepted: true}
			}
		}
		next := page.next
		if next == "" || len(page.rows) == 0 {
			return t.end()
		}
		if tokens[next] {
			return answer{failure: endless()}
		}
		tokens[next], query.Pagination.Token = true, next
	}
	return answer{failure: endless()}
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
