package engine

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// remembered is a ledger that is never taken over.
type remembered struct{ *ledger.Memory }

func (l remembered) SettleThen(c ports.Claim, s ports.Settlement, then func(error)) {
	then(l.Settle(c, s))
}

func (remembered) Broken() <-chan struct{} { return nil }
func (remembered) Err() error              { return nil }
func (remembered) Keys() int               { return 0 }
func (remembered) Late() <-chan struct{}   { return nil }

func recordAt(offset int64) delivery.Task {
	return delivery.NewTask(domain.NewDecoder(), &ports.Record{
		Topic: rigSource, Offset: offset,
		Value: []byte(`{"appointment_id":"a-0","time":"2031-05-06T14:30:00Z","email":"a@patients.example","notify":{"email":true}}`),
	})
}

// A record that is under way when its half is given up changes nothing when it ends,
// even if that half has come back meanwhile and the same records were read again.
func TestACompletionAfterARevokeChangesNothing(t *testing.T) {
	l := newLane(0, rigSource, newReadyList(), &intake{}, &pauses{})
	l.attach(rigSource)
	l.attach(rigReplay)
	if l.begin(t.Context(), remembered{ledger.NewMemory()}) == nil {
		t.Fatal("the lane does not begin")
	}
	l.enqueue(l.halves[rigSource], recordAt(7))
	q := l.ready.pop()
	it, e, ok := l.take(q)
	if !ok {
		t.Fatal("the record does not start")
	}
	l.detach(rigSource)
	l.attach(rigSource)
	half := l.halves[rigSource]
	for offset := range int64(2) {
		l.enqueue(half, recordAt(7+offset))
	}
	if len(q.items) != 2 {
		t.Errorf("%d records are queued, want the two that were read again", len(q.items))
	}
	if _, _, ok := l.take(q); ok {
		t.Error("the record starts beside its earlier self")
	}
	l.finish(q, it, e, true)
	if at, _ := half.tracker.watermark(); at != 7 || half.queued != 2 || len(q.items) != 2 {
		t.Errorf("watermark %d, %d queued, %d in the queue; want 7, 2, 2", at, half.queued, len(q.items))
	}
	if again, _, ok := l.take(l.ready.pop()); !ok || again.task.Record.Offset != 7 {
		t.Error("the record that was read again does not start")
	}
}
