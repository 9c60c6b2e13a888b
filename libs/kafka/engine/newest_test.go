package engine

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// queued is an event in the queue of one appointment.
type queued struct {
	offset   int64
	at       time.Duration // when it was published
	hour     int           // of the appointment
	status   domain.AppointmentStatus
	revision int64 // 0 is none
	to       string
	replayed bool // it comes by the replay topic
}

func (q queued) task() delivery.Task {
	e := &domain.Event{
		AppointmentID: "a-0", Time: time.Date(2031, 5, 6, q.hour, 0, 0, 0, time.UTC), Status: q.status,
	}
	if q.revision != 0 {
		e.Revision = &q.revision
	}
	published := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).Add(q.at)
	r := &ports.Record{Topic: rigSource, Offset: q.offset, Timestamp: published, Key: []byte("a-0"), Value: []byte(q.to)}
	if q.replayed {
		r.Replay = &ports.Replay{Origin: ports.Origin{Topic: rigSource, Offset: q.offset, Timestamp: published}}
		r.Topic, r.Offset, r.Timestamp = rigReplay, 100+q.offset, published.Add(time.Hour)
	}
	return delivery.Task{Record: r, Event: e}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// Of two events of one appointment in the queue, the older is withdrawn if the newer
// has other facts.
func TestANewerEventInTheQueueWithdrawsTheOlder(t *testing.T) {
	const neither, first, second = 0, 1, 2
	cancelled := domain.AppointmentCancelled
	for what, test := range map[string]struct {
		one, two  queued
		withdrawn int
	}{
		"moved":                           {queued{offset: 1}, queued{offset: 2, hour: 1}, first},
		"cancelled":                       {queued{offset: 1}, queued{offset: 2, status: cancelled}, first},
		"the same for another recipient":  {queued{offset: 1, to: "a"}, queued{offset: 2, to: "b"}, neither},
		"called rescheduled":              {queued{offset: 1}, queued{offset: 2, status: domain.AppointmentRescheduled}, neither},
		"a clock went back":               {queued{offset: 1, at: time.Hour}, queued{offset: 2, hour: 1}, neither},
		"an older one is replayed":        {queued{offset: 2, hour: 1}, queued{offset: 1, replayed: true}, second},
		"an older one was replayed":       {queued{offset: 1, replayed: true}, queued{offset: 2, hour: 1}, first},
		"a higher revision":               {queued{offset: 1, revision: 1}, queued{offset: 2, hour: 1, revision: 2}, first},
		"a lower revision":                {queued{offset: 1, revision: 2}, queued{offset: 2, hour: 1, revision: 1}, second},
		"the same revision":               {queued{offset: 1, revision: 2}, queued{offset: 2, hour: 1, revision: 2}, first},
		"only the first has a revision":   {queued{offset: 1, revision: 2}, queued{offset: 2, hour: 1}, neither},
		"only the second has a revision":  {queued{offset: 1}, queued{offset: 2, hour: 1, revision: 2}, neither},
		"revisions of the very same fact": {queued{offset: 1, revision: 1}, queued{offset: 2, revision: 2}, neither},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLane(0, rigSource, newReadyList(), &intake{}, &pauses{})
			l.attach(rigSource)
			l.attach(rigReplay)
			if l.begin(t.Context(), remembered{ledger.NewMemory()}) == nil {
				t.Fatal("the lane does not begin")
			}
			enqueue := func(q queued) {
				task := q.task()
				l.enqueue(l.halves[task.Record.Topic], task)
			}
			enqueue(test.one)
			q := l.ready.pop()
			running, epoch, _ := l.take(q)
			under := running.task
			if isClosed(under.Superseded) || under.Accompanied() {
				t.Error("an event that is alone is superseded or accompanied")
			}
			enqueue(test.two)
			if got := isClosed(under.Superseded); got != (test.withdrawn == first) {
				t.Errorf("the one under way is withdrawn: %v", got)
			}
			if !under.Accompanied() {
				t.Error("the one under way does not know of the other")
			}
			l.finish(q, running, epoch, true)
			next, _, _ := l.take(l.ready.pop())
			if got := isClosed(next.task.Superseded); got != (test.withdrawn == second) {
				t.Errorf("the other is withdrawn: %v", got)
			}
		})
	}
}

// A link is used again for another record, unless it said something.
func TestALinkSaysNothingOfTheRecordBefore(t *testing.T) {
	l := newLane(0, rigSource, newReadyList(), &intake{}, &pauses{})
	l.attach(rigSource)
	l.attach(rigReplay)
	l.begin(t.Context(), remembered{ledger.NewMemory()})
	for hour := range 6 { // each but the last is withdrawn by the next
		l.enqueue(l.halves[rigSource], queued{offset: int64(hour), hour: hour}.task())
	}
	for i := range 6 {
		it, e, _ := l.take(l.ready.pop())
		if got := isClosed(it.task.Superseded); got != (i < 5) {
			t.Errorf("record %d is withdrawn: %v", i, got)
		}
		l.finish(it.link.queue, it, e, true)
	}
}

// Without an order between them, both are sent in the order of the queue.
func TestMixedRevisionsSupersedeNobodyInTheQueue(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.provider.down(true)
		r.startReady()
		r.publish(0, "a-0", tomorrow(), revised(7))
		r.publish(0, "a-0", tomorrow().Add(time.Hour))
		tick(time.Minute)
		r.provider.down(false)
		r.untilDone(time.Minute)
		r.wantDone(2)
	})
}
