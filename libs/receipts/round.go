package receipts

import (
	"context"
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// round is one round of questions about the messages that are due.
type round struct {
	w        *Watcher
	sections map[uint32]*Section
	now      time.Time
}

// ask asks the provider about the messages that are due. A message whose question fails
// is due again in the next round, and does not keep the others from being asked about,
// unless the provider wants a pause.
func (r *round) ask(ctx context.Context) error {
	bounds := r.w.deps.Source.Bounds()
	var settled, together error
	if bounds.Basis == ports.SpanOfEvents {
		if settled = r.settle(ctx, bounds); wantsPause(settled) {
			return settled
		}
	}
	due, oldest := r.w.memory.due(r.now, r.sections, r.w.ages, r.w.sweep)
	var single []candidate
	if bounds.Basis == ports.SpanOfEvents {
		single, together = r.lookEarly(ctx, bounds, due, oldest)
	} else {
		single, together = r.lookBySends(ctx, bounds, due)
	}
	if wantsPause(together) {
		return errors.Join(settled, together)
	}
	return errors.Join(settled, together, r.askEach(ctx, single))
}

// wantsPause reports whether err means that no more questions should be asked for now.
func wantsPause(err error) bool {
	return err != nil && (errors.Is(err, context.Canceled) || failureOf(err).Class == domain.ClassConfiguration || failureOf(err).RetryAfter > 0)
}

// lookEarly looks for the due messages among the newest events, some of which may not
// show yet. It returns the messages to be asked about by themselves.
func (r *round) lookEarly(ctx context.Context, bounds ports.ReceiptBounds, due []candidate, oldest time.Time) ([]candidate, error) {
	together, single := split(due)
	if len(together) == 0 || len(together) < bounds.Bulk {
		return due, nil
	}
	until, last := r.now, r.w.earlyUntil()
	if r.now.Sub(last) < r.w.cfg.Poll {
		return single, nil
	}
	// No event can be older than the oldest message, and the events before the settled
	// time were read already. After a quiet day, the last look may be older than both.
	margin := settledMargin * r.w.cfg.Poll
	settled := r.unsettledFrom(r.now)
	from := later(last.Add(-r.w.cfg.Poll/2), oldest.Add(-margin), settled.Add(-margin))
	if _, err := r.read(ctx, ports.Span{From: from, To: until}); err != nil {
		return single, err
	}
	r.w.readEarly(last, until)
	r.w.memory.looked(r.now, r.w.ages, together...)
	return single, nil
}

// split separates the messages that are looked for together from those that are asked
// about by themselves.
func split(due []candidate) (together, alone []candidate) {
	for _, c := range due {
		if c.alone {
			alone = append(alone, c)
		} else {
			together = append(together, c)
		}
	}
	return together, alone
}

// lookBySends looks for groups of due messages that were sent at about the same time,
// by the times of their sends, if a group is large. It returns the messages to be asked
// about by themselves.
func (r *round) lookBySends(ctx context.Context, bounds ports.ReceiptBounds, due []candidate) ([]candidate, error) {
	together, single := split(due)
	for _, slice := range slicesOf(together, r.w.cfg.Poll) {
		if len(slice) < bounds.Bulk {
			single = append(single, slice...)
			continue
		}
		span := ports.Span{
			From: slice[0].sentAt.Add(-r.w.cfg.Poll),
			To:   earlier(r.now, slice[len(slice)-1].sentAt.Add(lateStart*r.w.cfg.Poll)),
		}
		unreadable, err := r.read(ctx, span)
		r.w.unreadable(unreadable)
		if err != nil {
			return single, err
		}
		r.w.memory.looked(r.now, r.w.ages, slice...)
	}
	return single, nil
}

// slicesOf divides the due messages, the oldest first, at pauses longer than gap.
func slicesOf(due []candidate, gap time.Duration) (all [][]candidate) {
	begin := 0
	for i := range due {
		if i+1 == len(due) || due[i+1].sentAt.Sub(due[i].sentAt) > gap {
			all = append(all, due[begin:i+1])
			begin = i + 1
		}
	}
	return all
}

func later(all ...time.Time) (last time.Time) {
	for _, t := range all {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// settle reads the spans that show all their receipts by now, including those that
// earlier looks missed.
func (r *round) settle(ctx context.Context, bounds ports.ReceiptBounds) error {
	margin := settledMargin * r.w.cfg.Poll
	for {
		until := r.now.Add(-bounds.Settled - margin)
		from := r.unsettledFrom(until)
		if until.Sub(from) < settledStep*r.w.cfg.Poll {
			return nil
		}
		until = earlier(until, from.Add(settledWindow*r.w.cfg.Poll))
		unreadable, err := r.read(ctx, ports.Span{From: from.Add(-margin), To: until})
		r.w.unreadable(unreadable)
		if err != nil {
			return err
		}
		for _, l := range r.sections {
			if read, _ := l.upTo(); read.Before(until) {
				l.settle(until)
			}
		}
	}
}

// unsettledFrom returns the earliest time up to which a section's settled spans were
// read, at most until. A new section begins with its oldest message.
func (r *round) unsettledFrom(until time.Time) (from time.Time) {
	first := r.w.memory.earliest()
	from = until
	for epoch, l := range r.sections {
		read, _ := l.upTo()
		begin, known := first[epoch]
		switch {
		case !known:
			continue // it has no message that could have a receipt
		case read.IsZero() || read.Before(begin):
			read = begin
		}
		from = earlier(from, read)
	}
	return from
}

// read reads a span and queues its receipts.
func (r *round) read(ctx context.Context, s ports.Span) (unreadable int, err error) {
	err = r.w.calls.do(ctx, func(ctx context.Context, hold *hold) error {
		unreadable, err = r.w.deps.Source.Read(ctx, s, func(told ports.Receipt) {
			r.take(told)
			hold.renew(ctx)
		})
		return err
	})
	if !errors.Is(err, ports.ErrSpanExpired) {
		return unreadable, err
	}
	kept := r.now.Add(-r.w.deps.Source.Bounds().Keeps + r.w.cfg.Poll)
	if !kept.After(s.From) {
		return unreadable, err // the provider keeps less than Bounds promises
	}
	r.w.gap(s.From, earlier(kept, s.To))
	if !kept.Before(s.To) {
		return unreadable, nil
	}
	return r.read(ctx, ports.Span{From: kept, To: s.To})
}

func (r *round) take(told ports.Receipt) {
	if t, ok := r.w.memory.find(r.sections, told); ok {
		t.section.put(t.job)
	}
}
