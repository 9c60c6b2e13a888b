package delivery

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// A claim is made again when it waited too long, so that the provider gets most
// of the timeout to answer.
const (
	// slotShare is the part of the timeout that a claim may wait for a send slot.
	slotShare = 10
	// ledgerShare is the part that its acknowledgement may take. With a slower ledger
	// nothing is sent until it recovers. A smaller part would reject acknowledgements
	// that still leave enough time for the call.
	ledgerShare = 2
)

// answer is the result of a provider call, made for the latest claim.
type answer struct {
	permit   permit
	accepted ports.Accepted
	failure  *domain.Failure
}

// inLine sends in its turn among the sends of the process.
func (r *run) inLine(p permit) (*answer, error) {
	queue := r.slot.slots.sends
	place := queue.join()
	defer queue.leave(place)
	return r.send(p, place)
}

// send claims and calls the provider once place has a send slot. The answer is nil when
// no call was made, because sending was halted or stopped or the event was withdrawn
// meanwhile; then no claim is left open. While it waits for Kafka it holds no send
// slot, so that a slow ledger does not keep the slots from other lanes.
func (r *run) send(p permit, place *place) (*answer, error) {
	queue := r.slot.slots.sends
	for {
		c, err := r.claimFor(p)
		if err != nil {
			return nil, err
		}
		acknowledged := time.Now()
		if acknowledged.Sub(c.Since) > r.d.cfg.Timeout/ledgerShare {
			p.probe = false // another message probes instead
			if !r.over(p) {
				continue
			}
		}
		if !r.granted(queue.ready(place)) && queue.retire(place) && r.patience().over() == nil {
			continue // the claim got old: claim again and keep the place
		}
		if r.over(p) {
			return nil, r.letGo(r.patience().over())
		}
		p = r.d.gate.begin(p)
		accepted, failure := r.call(c)
		queue.leave(place)
		if failure != nil || !r.hasTail() {
			r.slot.Release() // only Kafka is left to wait for: the next record may claim meanwhile
		}
		return &answer{permit: p, accepted: accepted, failure: failure}, nil
	}
}

// granted waits for a slot for as long as a claim stays fresh; a nil channel means that
// the slot is already there. The time is random, so that claims that were made together
// do not all expire together, just when slots become free.
func (r *run) granted(slot <-chan struct{}) bool {
	if slot == nil {
		return true
	}
	fresh := r.d.cfg.Timeout / slotShare
	timer := r.slot.slots.timer(fresh*3/4 + rand.N(fresh/4+1))
	defer r.slot.slots.stop(timer)
	select {
	case <-slot:
		return true
	case <-timer.C:
	case <-r.ctx.Done():
	case <-r.task.Superseded:
	}
	return false
}

// over reports whether nothing may be sent on p any more.
func (r *run) over(p permit) bool {
	return r.patience().over() != nil || (!p.probe && r.d.gate.Halted())
}

// call asks the provider to send. Revocation and shutdown do not cancel it: its answer
// is worth the few seconds. A call whose deadline passed before the first byte was
// written is not counted as an attempt.
func (r *run) call(c ports.Claim) (accepted ports.Accepted, failure *domain.Failure) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.ctx), c.Since.Add(r.d.cfg.Timeout))
	defer cancel()
	begin := time.Now()
	span := r.trace.Step(ports.StepSend, begin)
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			failure = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic", Detail: "the sender panicked; see the log"}
		}
		span.End(failure)
		if failure != nil && failure.Late {
			return
		}
		r.attempts++
		r.active += time.Since(begin)
		r.d.observer.Called(r.d.cfg.Channel, ports.CallSend, failure, time.Since(begin))
	}()
	accepted, err := r.d.deps.Sender.Send(ctx, r.note)
	if err != nil {
		failure = domain.AsFailure(err)
	}
	return accepted, failure
}
