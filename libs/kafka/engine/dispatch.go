package engine

import (
	"context"
	"errors"
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
}

// run starts one record per free start slot until ctx is over.
func (d *dispatcher) run(ctx context.Context) {
	for {
		q := d.ready.pop(ctx)
		if q == nil {
			return
		}
		slot, err := d.slots.Start(ctx)
		if err != nil {
			return
		}
		it, e, ok := q.lane.take(q)
		if !ok {
			slot.Release()
			continue
		}
		if e.tenure == nil {
			e.tenure = d.deliverer.Tenure(e.ctx, e.ledger)
		}
		d.hand(job{q, it, e, slot})
	}
}

// job is one record that was started.
type job struct {
	q    *queue
	it   *item
	e    *epoch
	slot *delivery.Slot
}

// hand gives a record to an idle goroutine, or to a new one: a stack that has
// grown once serves many records, which is a tenth of the cost of each.
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
		d.work(j.q, j.it, j.e, j.slot)
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

func (d *dispatcher) work(q *queue, it *item, e *epoch, slot *delivery.Slot) {
	err := d.guarded(func() error {
		_, err := e.tenure.Deliver(it.task, slot)
		d.slots.Recycle(slot)
		return err
	})
	broken := d.guarded(func() error {
		q.lane.finish(q, it, e, err == nil)
		return nil
	})
	if err = errors.Join(err, broken); err == nil {
		return
	}
	if errors.Is(err, delivery.ErrDeadLettersDisabled) {
		d.fatal(err)
		return
	}
	if e.ctx.Err() == nil {
		d.log.Error("a record got no outcome, its lane is opened anew", zap.Int32("partition", q.lane.partition), zap.Error(err))
		q.lane.end(e, err)
	}
}
