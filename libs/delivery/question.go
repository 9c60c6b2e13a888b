package delivery

import (
	"context"
	"errors"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// ask puts the question about claim c. What the ledger says of the doubt goes
// before what the caller holds: when it began, and every handle that a message
// of it may be found by.
func (r *run) ask(ctx context.Context, c ports.Claim) (ports.Receipt, error) {
	if doubt := r.ledger.LookUp(c.Key, c.AppointmentID).Doubt; doubt.Key == c.Key {
		c = doubt
	}
	q := ports.LookUp{Handle: c.Handle, ClaimedAt: c.At}
	if q.ClaimedAt.IsZero() {
		q.ClaimedAt = c.Since.Round(0) // the wall clock goes on while a host sleeps
	}
	receipt, err := r.Sender.LookUp(ctx, q)
	for _, handle := range c.Handles {
		if err == nil {
			break
		}
		q.Handle = handle
		found, other := r.Sender.LookUp(ctx, q)
		if other == nil || errors.Is(err, ports.ErrNotFound) {
			receipt, err = found, other // only what no handle finds is not there
		}
	}
	return receipt, err
}
