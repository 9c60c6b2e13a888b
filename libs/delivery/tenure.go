package delivery

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Tenure is the time for which one owner works on a lane, with everything that its
// records share. Safe for concurrent use, as a Deliverer is.
type Tenure struct {
	deliverer *Deliverer
	ctx, late context.Context
	ledger    ports.Ledger
}

// Tenure begins one. It must end with ctx, see Deliver.
func (d *Deliverer) Tenure(ctx context.Context, l ports.Ledger) *Tenure {
	t := &Tenure{deliverer: d, ctx: ctx, ledger: l}
	t.late, _ = outlive(ctx, d.cfg.Timeout) // ends by itself, since ctx does
	return t
}

// Deliver is Deliverer.Deliver during the tenure, except that it may return before the
// end. done is called once, with the error that Deliverer.Deliver would return,
// possibly on another goroutine, which it must not block. When Deliver returns, the
// slot belongs to the caller again and may still be held.
func (t *Tenure) Deliver(task Task, slot *Slot, done func(error)) {
	t.deliverer.deliver(&run{
		d: t.deliverer, ctx: t.ctx, late: t.late, task: task, ledger: t.ledger, told: t.ledger,
		slot: slot, stake: t.deliverer.gate.newStake(), done: func(_ domain.Outcome, err error) { done(err) },
	})
}
