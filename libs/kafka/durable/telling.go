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
	// answered is set by the first of acknowledgement and end of ctx; forget ends the
	// watch for the latter.
	answered atomic.Bool
	forget   func() bool
	err      error
	record   *kgo.Record
}

// expired tells that ctx is over first.
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

// Take implements Step: it tells that the outcome is durable, or goes on as Tell does
// where it could not be written.
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
