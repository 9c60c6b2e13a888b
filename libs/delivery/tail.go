package delivery

import (
	"runtime/debug"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// The tail of a run is what follows once the provider has accepted: the ledger's
// `sent`, the outcome, the end. Each step begins when Kafka has acknowledged the one
// before it, in the order that conclude keeps too. A worker that waited for each
// would be parked and woken every time, which costs more than the steps do. So the
// worker only begins the first one. The others are taken where the ledger and the
// outcomes call back, on a goroutine that all records share:
//
//	worker:  … accepted, hands on `sent` → takes the next record
//	shared:  `sent` is acknowledged → hands on the outcome
//	shared:  the outcome is acknowledged → the record is finished
//
// The shared goroutine never waits for an acknowledgement. What has to be written
// again, and what is left after a panic, gets a goroutine of its own. The tail does
// not need the slot: the worker keeps it for its next record.

// hasTail reports whether the steps after an accept can be left to the tail: the ledger
// and the outcomes must be able to call back. A replay is left to conclude, because it
// also writes a resolution.
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

// advance ends the step that is under way and reports whether this call ended it. A
// step may panic after it has handed on its write. Then its callback and the recovery
// both try to go on, and only the first of them does.
func (r *run) advance(from int32) bool { return r.turn.CompareAndSwap(from, from+1) }

// settleThen records the accept and then takes the remaining steps.
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

// tellThen publishes the outcome (see tell) and then ends the run.
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
