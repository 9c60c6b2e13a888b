package mailgun

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	// receiptTurns is how many questions about receipts run at once. They have
	// connections of their own, so that sends do not wait for them.
	receiptTurns = 4
	// spanWindow is how much of a span one search covers, and so how much an unreadable
	// page costs.
	spanWindow = time.Hour
	// spanPages ends a search of one window whose pages never end.
	spanPages = 1000
)

// Bounds implements ports.ReceiptSource. Spans select by the time of the event.
func (s *Sender) Bounds() ports.ReceiptBounds {
	return ports.ReceiptBounds{Basis: ports.SpanOfEvents, Keeps: s.retention - lookUpMargin, Settled: s.visibility}
}

// Ask implements ports.ReceiptSource. An id that Mailgun gave to a message names
// the domain that sent it.
func (s *Sender) Ask(ctx context.Context, m ports.SentMessage) (best ports.Receipt, err error) {
	id := strings.Trim(m.ProviderID, "<>")
	_, domainName, _ := strings.Cut(id, "@")
	if !validDomain(domainName) || strings.ContainsFunc(id, notInID) {
		return ports.Receipt{}, nil
	}
	giveBack, failure := s.turns.Take(ctx)
	if failure != nil {
		return ports.Receipt{}, failure
	}
	defer giveBack()
	now := time.Now()
	q := search{
		domain: domainName, messageID: id, begin: begin(m.SentAt, s.keptByLogs(now), now), events: receiptEvents(), pages: maxPages,
	}
	a := s.inTurn(ctx, func(ctx context.Context, p *path) answer {
		_, a := s.readPath(ctx, p, q, func(r ports.Receipt) {
			if r.ProviderID == id && r.Kind.Rank() > best.Kind.Rank() {
				best = r
			}
		})
		if a.accepted = a.failure == nil && best.Kind != ""; a.accepted || a.failure != nil {
			return a
		}
		return s.unseen(ctx, p, domainName, m)
	})
	if a.failure != nil && !a.expired {
		return ports.Receipt{}, receiptFailure(a.failure)
	}
	return best, nil
}

// unseen returns a failure if the absence of receipts on a path proves nothing: a path
// that should show rows of the domain by now, but does not, belongs to another account.
func (s *Sender) unseen(ctx context.Context, p *path, domainName string, m ports.SentMessage) answer {
	age := time.Since(m.SentAt)
	if p.blind == nil || age <= s.visibility || age >= s.retention-lookUpMargin {
		return answer{}
	}
	return p.blind(ctx, domainName)
}

// Read implements ports.ReceiptSource for the sending domain.
func (s *Sender) Read(ctx context.Context, span ports.Span, each func(ports.Receipt)) (unreadable int, err error) {
	if span.From.Before(s.keptByLogs(time.Now())) {
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

// readWindow reads one window of a span. Mailgun's searches are bounded by whole
// seconds, so events outside the window are dropped here.
func (s *Sender) readWindow(ctx context.Context, w ports.Span, each func(ports.Receipt)) (unreadable int, err error) {
	giveBack, failure := s.turns.Take(ctx)
	if failure != nil {
		return 0, failure
	}
	defer giveBack()
	q := search{
		domain: s.domain, begin: w.From.Truncate(time.Second), end: w.To.Add(time.Second - 1).Truncate(time.Second),
		events: receiptEvents(), pages: spanPages,
	}
	a := s.inTurn(ctx, func(ctx context.Context, p *path) (a answer) {
		unreadable, a = s.readPath(ctx, p, q, func(r ports.Receipt) {
			if !r.At.Before(w.From) && r.At.Before(w.To) {
				each(r)
			}
		})
		return a
	})
	switch {
	case a.expired:
		return unreadable, ports.ErrSpanExpired
	case a.failure != nil:
		return unreadable, receiptFailure(a.failure)
	}
	return unreadable, nil
}

// readPath reads the rows of a search by one path, and counts those that it cannot
// understand.
func (s *Sender) readPath(ctx context.Context, p *path, q search, each func(ports.Receipt)) (unreadable int, _ answer) {
	a := p.each(ctx, q, func(rows []json.RawMessage) (bool, *domain.Failure) {
		for _, raw := range rows {
			r, ok := readReceipt(raw)
			if !ok {
				unreadable++
			}
			if r.Kind != "" {
				each(r)
			}
		}
		return false, nil
	})
	return unreadable, a
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

// notInID reports whether r cannot be part of a Message-Id; such characters would be
// syntax in Mailgun's filters.
func notInID(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"<>()`, r)
}
