package engine

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// dispatch starts one record per free start slot.
func (c *Consumer) dispatch(ctx context.Context) {
	for {
		q := c.ready.pop(ctx)
		if q == nil {
			return
		}
		slot, err := c.Slots.Start(ctx)
		if err != nil {
			return
		}
		it, e, ok := q.lane.take(q)
		if !ok {
			slot.Release()
			continue
		}
		c.hand(job{q, it, e, slot})
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
func (c *Consumer) hand(j job) {
	select {
	case c.jobs <- j:
	default:
		go c.worker(j)
	}
}

// idleWorker is how long a goroutine waits for its next record: after an outage
// there may be thousands of them.
const idleWorker = time.Minute

func (c *Consumer) worker(j job) {
	idle := time.NewTimer(idleWorker)
	defer idle.Stop()
	for {
		c.work(j.q, j.it, j.e, j.slot)
		idle.Reset(idleWorker)
		select {
		case j = <-c.jobs:
		case <-idle.C:
			return
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *Consumer) work(q *queue, it *item, e *epoch, slot *delivery.Slot) {
	err := c.guarded(func() error {
		_, err := c.Deliverer.Deliver(e.ctx, it.task, e.ledger, slot)
		return err
	})
	broken := c.guarded(func() error {
		q.lane.finish(q, it, e, err == nil)
		return nil
	})
	if err = errors.Join(err, broken); err == nil {
		return
	}
	if errors.Is(err, delivery.ErrDeadLettersDisabled) {
		c.fatal(err)
		return
	}
	if e.ctx.Err() == nil {
		c.Log.Error("a record got no outcome, its lane is opened anew", zap.Int32("partition", q.lane.partition), zap.Error(err))
		q.lane.end(e, err)
	}
}
