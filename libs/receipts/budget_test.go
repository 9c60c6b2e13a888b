package receipts_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

func TestAtMostFourCallsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		for i := range 500 {
			r.sent(name(i))
		}
		pass(horizon)
		if p.most > receipts.ConcurrentCalls {
			t.Errorf("%d calls at once", p.most)
		}
	})
}

// room is what senders leave.
type room struct {
	free chan struct{}
}

func (r *room) Borrow() (func(), bool) {
	select {
	case <-r.free:
		return func() { r.free <- struct{}{} }, true
	default:
		return nil, false
	}
}

func TestCallsWaitForRoom(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		full := &room{free: make(chan struct{}, 1)}
		r := newRig(t, p)
		r.crash()
		r.room = full
		r.start()
		defer r.crash()
		for i := range 10 {
			r.sent(name(i))
			p.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
		}
		pass(20 * poll)
		if p.asked > 0 {
			t.Errorf("%d calls although the senders left no room", p.asked)
		}
		full.free <- struct{}{}
		pass(4 * poll)
		for i := range 10 {
			r.want(name(i), domain.ReceiptDelivered)
		}
		if p.most != 1 {
			t.Errorf("%d calls at once with room for one", p.most)
		}
	})
}

func TestAProviderThatFailsIsLeftAloneAndAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		r.sent(name(1))
		p.happens(name(1), domain.ReceiptDelivered, time.Second, 0)
		p.fail(&domain.Failure{Class: domain.ClassTransient, Code: "provider.503"})
		pass(time.Hour)
		if p.asked > 60 {
			t.Errorf("%d calls within an hour of outage", p.asked)
		}
		p.fail(&domain.Failure{Class: domain.ClassTransient, Code: "provider.429", RetryAfter: time.Hour})
		pass(10 * poll)
		before := p.asked
		pass(40 * poll)
		if p.asked != before {
			t.Errorf("%d calls within a delay that the provider asked for", p.asked-before)
		}
		p.fail(nil)
		pass(2 * time.Hour)
		r.want(name(1), domain.ReceiptDelivered)
	})
}

func TestASourceThatRefusesIsToldAndTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, p *provider) {
		r := newRig(t, p)
		defer r.crash()
		r.sent(name(1))
		p.happens(name(1), domain.ReceiptDelivered, time.Second, 0)
		p.fail(&domain.Failure{Class: domain.ClassConfiguration, Code: "provider.401"})
		pass(12 * time.Hour)
		if n := r.observer.of(receipts.AlertUnavailable); n == 0 || p.asked > 40 {
			t.Errorf("%d alerts, %d calls within 12 hours", n, p.asked)
		}
		if u := r.watcher.Status().Unavailable; u == nil || u.Code != "provider.401" {
			t.Errorf("%+v", u)
		}
		p.fail(nil)
		pass(2 * time.Hour)
		r.want(name(1), domain.ReceiptDelivered)
		if u := r.watcher.Status().Unavailable; u != nil {
			t.Errorf("%+v", u)
		}
	})
}

func TestOneMessageThatCannotBeAskedAboutHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(ports.SpanOfSends, 1_000_000)
		p.poison = name(0)
		r := newRig(t, p)
		defer r.crash()
		for i := range 1000 {
			r.sent(name(i))
			p.happens(name(i), domain.ReceiptDelivered, time.Second, 0)
			pass(time.Millisecond)
		}
		pass(time.Hour)
		for i := range 999 {
			r.want(name(i+1), domain.ReceiptDelivered)
		}
	})
}

func TestAGapIsToldOnceAndTheRestIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(ports.SpanOfEvents, 0)
		p.bounds.Keeps = 24 * time.Hour
		r := newRig(t, p)
		for i := range 2 {
			r.sent(name(i))
		}
		p.happens(name(0), domain.ReceiptDelivered, time.Hour, 0)
		p.happens(name(1), domain.ReceiptDelivered, 39*time.Hour, 0)
		pass(poll / 2)
		r.crash()
		pass(40 * time.Hour)
		r.start()
		defer r.crash()
		pass(2 * time.Hour)
		r.want(name(1), domain.ReceiptDelivered)
		r.want(name(0), domain.ReceiptDelivered) // asked about by itself
		if n := r.observer.of(receipts.AlertGap); n != 1 || r.watcher.Status().Gaps != 1 {
			t.Errorf("%d alerts, %+v", n, r.watcher.Status())
		}
	})
}

// Late rows stand in spans that were read before: only what is old enough settles.
func TestARowThatShowsLateIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfEvents, 0))
		defer r.crash()
		r.sent(name(1))
		r.provider.happens(name(1), domain.ReceiptDelivered, time.Second, settled-time.Second)
		pass(settled + 25*poll)
		r.want(name(1), domain.ReceiptDelivered)
	})
}

// A section that cannot be written keeps what was settled for itself, and the others go on.
func TestWhatCannotBeWrittenIsNotSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newProvider(ports.SpanOfEvents, 0))
		defer r.crash()
		r.sent(name(1))
		r.provider.happens(name(1), domain.ReceiptDelivered, time.Second, 0)
		r.setDown(true)
		begin := time.Now()
		pass(3 * time.Hour)
		r.commit()
		if r.committed != 0 || r.settled.After(begin) {
			t.Errorf("committed %d, settled %s after the start", r.committed, r.settled.Sub(begin))
		}
		r.setDown(false)
		pass(2 * poll)
		r.want(name(1), domain.ReceiptDelivered)
	})
}

// After a quiet day nothing is read that was read before, and no gap is told.
func TestAQuietDayIsNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(ports.SpanOfEvents, 0)
		p.bounds.Keeps = 23 * time.Hour
		r := newRig(t, p)
		defer r.crash()
		r.sent("silent")
		pass(50 * time.Hour)
		p.mu.Lock()
		before := len(p.spans)
		p.mu.Unlock()
		r.sent(name(1))
		p.happens(name(1), domain.ReceiptDelivered, time.Second, 0)
		pass(3 * poll)
		r.want(name(1), domain.ReceiptDelivered)
		for _, s := range p.spans[before:] {
			if s.To.Sub(s.From) > 2*time.Hour {
				t.Errorf("a span of %s is read", s.To.Sub(s.From))
			}
		}
		if n := r.observer.of(receipts.AlertGap); n != 0 {
			t.Errorf("%d gaps", n)
		}
	})
}
