package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// patience ends a wait when the record is given back or its event is withdrawn.
func (r *run) patience() patience { return patience{r.ctx, r.task.Superseded} }

// firm is patience that a withdrawal does not end, for facts that have to be known or
// made durable first.
func (r *run) firm() patience { return patience{ctx: r.ctx} }

// admission waits until the message may be sent: until its recipient's own delay
// is over, until there is a start slot, and until the gate lets it in. waited
// reports whether time passed at the gate.
func (r *run) admission() (p permit, waited bool, err error) {
	delayed, err := r.sitOut()
	if err != nil {
		return permit{}, false, err
	}
	if err := r.slot.resume(r.patience()); err != nil {
		return permit{}, false, err
	}
	began := time.Now()
	p, waited, err = r.d.gate.enter(r.patience(), r.note.Recipient)
	if waited {
		r.trace.Step(ports.StepGate, began).End(nil)
	}
	return p, waited || delayed, err
}

// sitOut waits while the provider wants this recipient to wait, giving the slot
// back.
func (r *run) sitOut() (waited bool, err error) {
	if !r.d.gate.mustWait(r.note.Recipient) {
		return false, nil
	}
	r.slot.Release()
	defer r.waiting(ports.WaitRetry)()
	return r.d.gate.sitOut(r.patience(), r.note.Recipient, r.useless())
}

func (r *run) waitRate() error {
	if r.d.deps.Rate.unlimited() {
		return nil
	}
	defer r.waiting(ports.WaitRate)()
	return r.d.deps.Rate.wait(r.patience())
}

// pause gives the slot back while the record waits, keeping its appointment's
// turn.
func (r *run) pause(p patience, w ports.Wait, d time.Duration) error {
	r.slot.Release()
	defer r.waiting(w)()
	return p.sleep(d)
}

// waiting tells the observer that a wait begins and returns a function that tells it
// that the wait is over.
func (r *run) waiting(w ports.Wait) (over func()) {
	span := r.step(ports.StepOf(w))
	r.d.observer.Waiting(r.d.cfg.Channel, w, 1)
	return func() {
		r.d.observer.Waiting(r.d.cfg.Channel, w, -1)
		span.End(nil)
	}
}
