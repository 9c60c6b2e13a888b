package delivery

import (
	"runtime/debug"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// The tail of a run is what follows once the provider has accepted: the ledger's
// `sent`, the outcome, the end. Each step waits for Kafka, and a goroutine that is
// parked and woken for each costs more than the steps do. So they are taken on the
// goroutine that brings the acknowledgement, one after the other:
//
//	worker: … accepted, hands `sent` on → takes the next record
//	acknowledgement of `sent` → hands the outcome on
//	acknowledgement of the outcome → the record is finished
//
// The order is that of conclude, and every step begins when the one before it is
// durable. What a step cannot do at once it does as conclude does, on a goroutine of
// its own. From the first step on nothing uses the slot: its owner goes on with it.

// hasTail reports whether what follows an accept needs no goroutine that waits. A
// replay has a resolution beside its outcome and takes the way of all others.
func (r *run) hasTail() bool {
	_, settles := r.ledger.(ports.LedgerThen)
	return settles && r.task.Record.Replay == nil && (r.d.teller != nil || r.d.deps.Outcomes == nil)
}

// The values of run.turn: which step of the tail is under way.
const (
	settling int32 = iota
	telling
	ending
)

// advance begins the next step of the tail. It reports false when that has begun
// already: a step that panicked may have handed on what follows it before.
func (r *run) advance(from int32) bool { return r.turn.CompareAndSwap(from, from+1) }

// settleThen records the accept and sees to what follows.
func (r *run) settleThen(o *domain.Outcome) {
	o.Attempts = r.attempts
	slot := r.slot
	r.slot = nil
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			if r.advance(settling) {
				r.slot = slot
				r.unrecorded()
			}
		}
	}()
	span := r.step(ports.StepSettle)
	settlement := ports.Settlement{State: ports.StateSent, Code: o.ProviderID}
	r.ledger.(ports.LedgerThen).SettleThen(r.latest, settlement, func(err error) {
		if r.advance(settling) {
			span.End(failureOf(err))
			r.settled(o, err)
		}
	})
}

// unrecorded ends a run whose accept could not be recorded because the worker panicked.
func (r *run) unrecorded() {
	o, err := r.panicked()
	if err != nil {
		r.slot.Release()
		r.end(nil, err)
		return
	}
	r.finish(o)
}

// settled goes on when the accept is recorded, or cannot be.
func (r *run) settled(o *domain.Outcome, err error) {
	if err != nil {
		r.end(nil, err)
		return
	}
	r.claimed, r.recorded = nil, true
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			if r.advance(telling) {
				go r.finish(o)
			}
		}
	}()
	r.tellThen(o)
}

// tellThen makes the outcome known to others, see tell, and then ends the run.
func (r *run) tellThen(o *domain.Outcome) {
	if r.d.teller == nil {
		if r.advance(telling) {
			r.end(o, nil)
		}
		return
	}
	ctx, cancel := r.grace()
	span := r.step(ports.StepOutcome)
	r.d.teller.TellThen(ctx, r.asTold(*o, span), func(err error) {
		cancel()
		if r.advance(telling) {
			span.End(failureOf(err))
			r.end(o, err)
		}
	})
}
