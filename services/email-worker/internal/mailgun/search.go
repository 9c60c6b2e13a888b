package mailgun

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// search is what is looked for among what Mailgun recorded.
type search struct {
	domain string
	// messageID is the one message that matters, without brackets; empty: all of
	// the domain.
	messageID string
	// begin and end bound when it happened, to the second; a zero end is Mailgun's
	// own now, so that our clock cannot cut off the newest row.
	begin, end time.Time
	// events are the kinds of rows that matter.
	events []string
	// pages is how many pages are read at most.
	pages int
}

// taker takes the rows of one page. It ends the search by saying that it has
// enough, or with a failure.
type taker func(rows []json.RawMessage) (enough bool, _ *domain.Failure)

// filter is the search as the Events API wants it.
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

// inTurn puts a question to one path after the other. What any of them has is
// accepted. That there is none counts only if every path asked before refuses to
// be asked at all: one that merely fails at the moment may know more.
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
