package delivery

import (
	"context"
	"errors"
	"time"
)

// patience holds the reasons to end a wait early: the end of ctx, and the withdrawal of
// the event.
type patience struct {
	ctx context.Context
	// superseded is nil for a wait that a withdrawal does not end.
	superseded <-chan struct{}
}

// errSuperseded ends a wait of an event that was withdrawn meanwhile: it is to be
// looked at again.
var errSuperseded = errors.New("a newer event of the appointment is known")

// over returns the reason to stop waiting, or nil.
func (p patience) over() error {
	if p.ctx.Err() != nil {
		return context.Cause(p.ctx)
	}
	select {
	case <-p.superseded:
		return errSuperseded
	default:
		return nil
	}
}

// sleep waits for d, unless patience is over first.
func (p patience) sleep(d time.Duration) error {
	if err := p.over(); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.ctx.Done():
	case <-p.superseded:
	}
	return p.over()
}

// doze waits for d, a change or the end of patience.
func (p patience) doze(changed <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ctx.Done():
	case <-p.superseded:
	case <-changed:
	case <-timer.C:
	}
}

// acquire takes one of the slots, unless patience is over first.
func (p patience) acquire(slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	case <-p.ctx.Done():
	case <-p.superseded:
	}
	return p.over()
}
