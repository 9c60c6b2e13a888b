package mailgun

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// search selects rows of Mailgun's records.
type search struct {
	domain string
	// messageID selects one message, without brackets; empty selects all of the domain.
	messageID string
	// begin and end bound the time of the events, to the second; a zero end means
	// Mailgun's own present time, so that our clock cannot cut off the newest row.
	begin, end time.Time
	// events are the kinds of events.
	events []string
	// pages is how many pages are read at most.
	pages int
}

// taker takes the rows of one page. It ends the search by returning enough or a
// failure.
type taker func(rows []json.RawMessage) (enough bool, _ *domain.Failure)

// filter returns the search as parameters of the Events API.
func (q search) filter() map[string]string {
	f := map[string]string{}
	if q.messageID != "" {
		f["message-id"] = q.messageID
	}
	if len(q.events) > 0 {
		f["event"] = strings.Join(q.events, " OR ")
	}
	return f
}

// inTurn asks one path after the other. A row from any path counts. An empty result
// counts only if every path asked before it refuses for good: a path that merely fails
// at the moment may have the row.
func (s *Sender) inTurn(ctx context.Context, ask func(context.Context, *path) answer) answer {
	var trouble, refusal *domain.Failure
	paths := s.paths.order(time.Now())
	for i, p := range paths {
		a := p.share(ctx, len(paths)-i, ask)
		switch {
		case a.accepted, a.final, a.failure == nil && trouble == nil:
			return a
		case a.failure == nil:
		case a.failure.Class == domain.ClassUnknownOutcome:
			refusal = cmp.Or(refusal, a.failure)
		default:
			trouble = cmp.Or(trouble, a.failure)
		}
	}
	return answer{failure: cmp.Or(trouble, refusal)}
}
