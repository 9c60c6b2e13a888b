package fake

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// receiptMargin is how much longer the provider keeps receipts than it promises.
const receiptMargin = time.Minute

// Bounds implements ports.ReceiptSource.
func (s *Receipts) Bounds() ports.ReceiptBounds {
	b := s.Limits
	b.Basis, b.Keeps = cmp.Or(b.Basis, ports.SpanOfEvents), cmp.Or(b.Keeps, 24*time.Hour)
	return b
}

// keeps reports whether a time lies within what the provider keeps.
func (s *Receipts) keeps(at time.Time) bool { return time.Since(at) <= s.Bounds().Keeps+receiptMargin }

// Ask implements ports.ReceiptSource.
func (s *Receipts) Ask(ctx context.Context, m ports.SentMessage) (best ports.Receipt, err error) {
	if f := s.request(ctx, func(l *ReceiptLoad) { l.Asks++ }); f != nil {
		return ports.Receipt{}, f
	}
	for _, r := range s.shown(func(r receiptRow) bool { return r.ProviderID == m.ProviderID && s.keeps(r.At) }) {
		if r.Kind.Rank() > best.Kind.Rank() {
			best = r.Receipt
		}
	}
	return best, nil
}

// Read implements ports.ReceiptSource.
func (s *Receipts) Read(ctx context.Context, span ports.Span, each func(ports.Receipt)) (unreadable int, err error) {
	if !s.keeps(span.From) {
		return 0, ports.ErrSpanExpired
	}
	if !span.From.Before(span.To) {
		return 0, nil
	}
	rows := s.shown(func(r receiptRow) bool { return s.inSpan(span, r) })
	slices.SortStableFunc(rows, func(a, b receiptRow) int { return b.At.Compare(a.At) })
	for first, size := 0, cmp.Or(s.PageRows, 100); first <= len(rows); first += size {
		if f := s.request(ctx, func(l *ReceiptLoad) { l.Reads++ }); f != nil {
			return unreadable, f
		}
		unreadable += tell(rows[first:min(first+size, len(rows))], each)
	}
	if s.looping() {
		return unreadable, failure(domain.ClassTransient, "receipts.endless", nil)
	}
	return unreadable, nil
}

// tell calls each for the rows of one page, twice for the first, and counts the rows
// that cannot be understood.
func tell(page []receiptRow, each func(ports.Receipt)) (unreadable int) {
	for i, r := range page {
		if r.spoilt {
			unreadable++
			continue
		}
		each(r.Receipt)
		if i == 0 {
			each(r.Receipt)
		}
	}
	return unreadable
}

// shown returns the wanted rows that the provider shows by now.
func (s *Receipts) shown(wanted func(receiptRow) bool) (rows []receiptRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if !r.shows.After(time.Now()) && wanted(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// inSpan reports whether a row belongs to a span, by what the span selects; s.mu is
// held. A message that never left is in no span of sends.
func (s *Receipts) inSpan(span ports.Span, r receiptRow) bool {
	at := r.At
	if s.Bounds().Basis == ports.SpanOfSends {
		at = s.left[r.ProviderID]
	}
	return !at.Before(span.From) && at.Before(span.To)
}

func (s *Receipts) looping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loops
}

// request is one request to the provider. It returns its failure, if any.
func (s *Receipts) request(ctx context.Context, count func(*ReceiptLoad)) *domain.Failure {
	if err := over(ctx); err != nil {
		return unsent(err)
	}
	fault := s.enter(count)
	defer s.leave()
	if fault != nil && fault.Kind == Refused {
		return refused()
	}
	if err := pause(ctx, s.Latency, fault); err != nil {
		return failure(domain.ClassTransient, "receipts.no_answer", err)
	}
	if fault == nil {
		return nil
	}
	f := fault.lookUpFailure()
	if f.Code = "fake.receipts." + string(fault.Kind); f.Class == domain.ClassUnknownOutcome {
		f.Class = domain.ClassConfiguration
	}
	return f
}

// enter counts a request and takes its fault.
func (s *Receipts) enter(count func(*ReceiptLoad)) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load.running++
	s.load.Peak = max(s.load.Peak, s.load.running)
	fault := s.standing
	if len(s.next) > 0 {
		fault, s.next = &s.next[0], s.next[1:]
	}
	if fault == nil || fault.Kind != Refused {
		count(&s.load)
	}
	return fault
}

func (s *Receipts) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load.running--
}
