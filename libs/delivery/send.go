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
	// ledgerShare is the part that its acknowledgement may take. A ledger slower
	// than that sends nothing until it recovers; a faster one must not be asked
	// for what it cannot give.
	ledgerShare = 2
)

// answer is what a provider call ended with, for the claim that was made last.
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

// send claims and calls the provider once place has a send slot. The answer is
// nil when there was no call, because sending has been halted, stopped or
// withdrawn meanwhile; then nothing is claimed. While it waits for Kafka it holds
// no slot: a slow ledger would keep the slots from all others.
func (r *run) send(p permit, place *place) (*answer, error) {
	queue := r.slot.slots.sends
	for {
		c, err := r.claimFor(p)
		if err != nil {
			return nil, err
		}
		acknowledged := time.Now()
		if acknowledged.Sub(c.Since) > r.d.cfg.Timeout/ledgerShare {
			p.probe = false // it was passed on
			if !r.over(p) {
				continue
			}
		}
		if !r.granted(queue.ready(place)) && queue.retire(place) && r.patience().over() == nil {
			continue // it got old: claim again, and keep the place
		}
		if r.over(p) {
			return nil, r.letGo(r.patience().over())
		}
		p = r.d.gate.begin(p)
		accepted, failure := r.call(c)
		queue.leave(place)
		if failure != nil || !r.hasTail() {
			r.slot.Release() // what is left is to wait for Kafka: the next claim may be made meanwhile
		}
		return &answer{permit: p, accepted: accepted, failure: failure}, nil
	}
}

// granted waits for a slot, nil where it is there, for as long as a claim stays
// fresh. The time varies: claims that were made together need not all be made again
// at the moment at which slots get free.
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

// call asks the provider to send. Revocation and shutdown do not cut it off:
// its answer is worth more than the few seconds. A call that came too late to
// write anything was none and is not counted.
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
