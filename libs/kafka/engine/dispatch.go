package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// dispatcher takes queues whose head may start, and works on one record per
// free start slot.
type dispatcher struct {
	*lifetime
	ready     *readyList
	slots     *delivery.Slots
	deliverer *delivery.Deliverer
	// jobs hands records to idle workers.
	jobs chan job
	// stopped is set when nothing may start any more.
	stopped atomic.Bool
}

// run starts one record per free start slot until ctx is over.
func (d *dispatcher) run(ctx context.Context) {
	defer d.stopped.Store(true)
	for d.ready.await(ctx) {
		slot, err := d.slots.Start(ctx)
		if err != nil {
			return
		}
		if j, ok := d.next(slot); ok {
			d.hand(j)
		} else {
			slot.Release() // a worker that already had a slot took the record
		}
	}
}

// next starts the record whose turn it is. ok is false when none may start now.
func (d *dispatcher) next(slot *delivery.Slot) (j job, ok bool) {
	for !d.stopped.Load() {
		q := d.ready.pop()
		if q == nil {
			break
		}
		if it, e, ok := q.lane.take(q); ok {
			e.tenancy.Do(func() { e.tenure = d.deliverer.Tenure(e.ctx, e.ledger) })
			return job{q, it, e, slot}, true
		}
	}
	return job{}, false
}

// job is one record that was started.
type job struct {
	q    *queue
	it   *item
	e    *epoch
	slot *delivery.Slot
}

// hand gives a record to an idle goroutine, or to a new one if all are busy. Growing a
// stack is a tenth of the cost of a record, and a reused goroutine has grown its stack
// already.
func (d *dispatcher) hand(j job) {
	select {
	case d.jobs <- j:
	default:
		go d.worker(j)
	}
}

// idleWorker is how long a goroutine waits for its next record: after an outage
// there may be thousands of them.
const idleWorker = time.Minute

func (d *dispatcher) worker(j job) {
	idle := time.NewTimer(idleWorker)
	defer idle.Stop()
	for {
		d.work(j)
		idle.Reset(idleWorker)
		select {
		case j = <-d.jobs:
		case <-idle.C:
			return
		case <-d.ctx.Done():
			return
		}
	}
}

// work delivers j, and then the next ready records for as long as the slot stays held.
// Giving the slot back would only wake the dispatcher, which would wake a worker.
func (d *dispatcher) work(j job) {
	for more := true; more; {
		d.deliver(j)
		j, more = d.following(j.slot)
	}
}

// following starts the next ready record on slot if it is still held. It gives the slot
// back if a record that has begun waits for one: such records come before those that
// have not begun. With a backlog, a slot would otherwise go from record to record and
// never reach them:
//
//	record 1: refused, waits for 2 s without a slot
//	worker:   record 2, 3, 4 … on the one slot, until the backlog is over
func (d *dispatcher) following(slot *delivery.Slot) (j job, ok bool) {
	if slot.Held() && !d.slots.Wanted() {
		j, ok = d.next(slot)
	}
	if !ok {
		slot.Release()
		d.slots.Recycle(slot)
	}
	return j, ok
}

// deliver takes a record to its end, which may come later.
func (d *dispatcher) deliver(j job) {
	err := d.guarded(func() error {
		j.e.tenure.Deliver(j.it.task, j.slot, func(err error) { d.ended(j, err) })
		return nil
	})
	if err != nil {
		j.slot.Release()
		d.ended(j, err)
	}
}

// ended records how a record ended. It does not block.
func (d *dispatcher) ended(j job, err error) {
	broken := d.guarded(func() error {
		j.q.lane.finish(j.q, j.it, j.e, err == nil)
		return nil
	})
	if err = errors.Join(err, broken); err == nil {
		return
	}
	if errors.Is(err, delivery.ErrDeadLettersDisabled) {
		d.fatal(err)
		return
	}
	if j.e.ctx.Err() == nil {
		d.log.Error("a record got no outcome, its lane is opened anew", zap.Int32("partition", j.q.lane.partition), zap.Error(err))
		j.q.lane.end(j.e, err)
	}
}
