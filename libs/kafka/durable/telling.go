package durable

import (
	"context"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// telling is an outcome that is being written while its worker goes on.
type telling struct {
	outcomes *Outcomes
	ctx      context.Context
	channel  domain.Channel
	then     func(error)
	// answered is set by the acknowledgement or by the end of ctx, whichever comes
	// first; forget stops watching ctx.
	answered atomic.Bool
	forget   func() bool
	err      error
	record   *kgo.Record
}

// expired is called when ctx is over. It ends the wait if there is no acknowledgement
// yet.
func (t *telling) expired() {
	if t.answered.CompareAndSwap(false, true) {
		t.then(context.Cause(t.ctx))
	}
}

// Acknowledged implements Promise.
func (t *telling) Acknowledged(r *kgo.Record, err error) {
	if t.answered.CompareAndSwap(false, true) {
		t.record, t.err = r, err
		t.outcomes.Producer.Follow(t)
	}
}

// Take implements Step: it reports that the outcome is durable, or keeps writing it, as
// Tell does, if the write failed.
func (t *telling) Take() {
	t.forget()
	if final(t.ctx, t.err) {
		t.then(t.err)
		return
	}
	go func() {
		s := t.outcomes
		t.then(s.Producer.persistRecord(t.ctx, t.record, s.Observer, t.channel, t.err))
	}()
}
