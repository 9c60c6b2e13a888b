package twilio

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	// receiptTurns is how many questions about receipts run at once. Twilio limits the
	// concurrent requests of an account, including sends, at an undocumented number.
	receiptTurns = 4
	// bulk is how many messages must be pending in a span before it is read: four pages
	// of them. Messages that the list does not show still have to be asked about.
	bulk = 4 * pageSize
	// spanWindow is how much of a span one list covers, and so how much an unreadable
	// page costs.
	spanWindow = time.Hour
	// spanPages ends a list whose pages never end.
	spanPages = 2000
	// filterMargin widens a span on both sides: it is not documented whether Twilio's
	// filters include the given second.
	filterMargin = time.Second
)

// Twilio's codes of refused questions.
const (
	codeNotFound = 20404
	codeBadDate  = 20004
)

// Bounds implements ports.ReceiptSource. The list selects messages by the time of their
// sending.
func (s *Sender) Bounds() ports.ReceiptBounds {
	return ports.ReceiptBounds{
		Basis: ports.SpanOfSends, Keeps: lookBack - lookBackMargin, Settled: s.visibility, Bulk: bulk,
	}
}

// Ask implements ports.ReceiptSource. It fetches the message itself, which is up to
// date, unlike the list.
func (s *Sender) Ask(ctx context.Context, m ports.SentMessage) (ports.Receipt, error) {
	if !validSID(m.ProviderID) {
		return ports.Receipt{}, nil
	}
	giveBack, failure := s.turns.Take(ctx)
	if failure != nil {
		return ports.Receipt{}, failure
	}
	defer giveBack()
	x, failure := s.get(ctx, func(ctx context.Context) error {
		_, err := s.request(ctx, http.StatusOK).FetchMessage(m.ProviderID, nil)
		return err
	})
	switch {
	case x.Status() == http.StatusNotFound && errorCode(x.Body()) == codeNotFound:
		return ports.Receipt{}, nil // deleted, or never there
	case failure != nil:
		return ports.Receipt{}, receiptFailure(failure)
	}
	told, ok := readStatus(x.Body())
	if !ok || told.SID != m.ProviderID {
		return ports.Receipt{}, receiptFailure(unreadable())
	}
	return told.receipt(m.SentAt), nil
}

// Read implements ports.ReceiptSource. Twilio refuses to list messages older than 400
// days, but an account with a shorter retention silently lists fewer. So only the
// shortest possible retention is relied on.
func (s *Sender) Read(ctx context.Context, span ports.Span, each func(ports.Receipt)) (unreadable int, err error) {
	if time.Since(span.From) > lookBack {
		return 0, ports.ErrSpanExpired
	}
	for window := range span.Windows(spanWindow) {
		n, err := s.readWindow(ctx, window, each)
		unreadable += n
		if err != nil {
			return unreadable, err
		}
	}
	return unreadable, nil
}

// readWindow reads the list of one window of a span. A page of Twilio's begins where
// the previous one ended, even if messages are sent meanwhile.
func (s *Sender) readWindow(ctx context.Context, w ports.Span, each func(ports.Receipt)) (unreadable int, err error) {
	giveBack, failure := s.turns.Take(ctx)
	if failure != nil {
		return 0, failure
	}
	defer giveBack()
	next, seen := "", map[string]bool{}
	for range spanPages {
		p, x, failure := s.pageOf(ctx, s.listOfSpan(w), next)
		switch {
		case x.Status() == http.StatusBadRequest && errorCode(x.Body()) == codeBadDate:
			return unreadable, ports.ErrSpanExpired
		case failure != nil:
			return unreadable, receiptFailure(failure)
		}
		unreadable += tell(p.rows, w, each)
		if p.next == "" {
			return unreadable, nil
		}
		if seen[p.next] {
			break
		}
		next, seen[p.next] = p.next, true
	}
	return unreadable, receiptFailure(lookUpFailure(domain.ClassTransient, "endless", "Twilio's pages do not end"))
}

// listOfSpan asks for the messages that were sent in a span, and a little more.
func (s *Sender) listOfSpan(w ports.Span) *api.ListMessageParams {
	p := &api.ListMessageParams{}
	p.SetPathAccountSid(s.account)
	p.SetDateSentAfter(w.From.UTC().Add(-filterMargin))
	p.SetDateSentBefore(w.To.UTC().Add(filterMargin))
	p.SetPageSize(pageSize)
	return p
}

// tell calls each for the final statuses of a page and counts the rows that cannot be
// understood. A date of Twilio's has whole seconds.
func tell(rows []json.RawMessage, w ports.Span, each func(ports.Receipt)) (unreadable int) {
	for _, raw := range rows {
		m, ok := readStatus(raw)
		if !ok {
			unreadable++
			continue
		}
		sent, known := date(m.DateSent)
		if !known || sent.Before(w.From.Truncate(time.Second)) || !sent.Before(w.To) {
			continue
		}
		if r := m.receipt(sent); r.Kind != "" {
			each(r)
		}
	}
	return unreadable
}

// receiptFailure converts a look-up's failure to that of a receipt source: a refusal
// waits for a person, and no message is in doubt.
func receiptFailure(f *domain.Failure) *domain.Failure {
	out := *f
	out.Code = name + ".receipts." + strings.TrimPrefix(f.Code, name+".lookup.")
	if f.Class == domain.ClassUnknownOutcome {
		out.Class = domain.ClassConfiguration
	}
	return &out
}
