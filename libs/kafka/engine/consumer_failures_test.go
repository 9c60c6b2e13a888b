package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// rejecting makes the provider refuse the recipients of one appointment.
func (r *rig) rejecting(appointment string) {
	r.provider.script = func(n ports.Notification, _ int) answer {
		if n.Event.AppointmentID == appointment {
			return answer{failure: rejected()}
		}
		return answer{}
	}
}

func TestABadRecordNeitherStopsNorHoldsUpTheOthers(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		for _, value := range [][]byte{[]byte("not JSON"), nil, {}, []byte(`{"appointment_id":"x"}`), []byte(strings.Repeat("x", 256<<10+1))} {
			r.write(&kgo.Record{Topic: rigSource, Key: []byte("bad"), Value: value})
			r.backlog(10)
		}
		r.start()
		r.untilDone(time.Minute)
		r.wantDone(10)
		if got := r.classes()[domain.ClassInvalidEvent]; got != 5 || len(r.deadLetters()) != 5 {
			t.Errorf("%d invalid events among %d dead letters, want 5", got, len(r.deadLetters()))
		}
	})
}

func TestTheOffsetWaitsForTheDeadLetter(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		brk, mend := kafkatest.RefuseWrites(r.cluster, rigDLQ)
		brk()
		r.rejecting("a-0")
		r.backlog(20)
		w := r.start()
		r.until(time.Minute, "the others sent", func() bool { return r.provider.count() == 19 })
		tick(10 * time.Minute)
		if lag := r.lag(); lag != 20 || w.consumer.Ready() == nil {
			t.Errorf("%d records are not committed, ready: %v", lag, w.consumer.Ready())
		}
		mend()
		r.untilDone(time.Minute)
		r.wantDone(19)
		if n := len(r.deadLetters()); n != 1 || r.provider.sends() != 20 {
			t.Errorf("%d dead letters and %d calls, want 1 and 20", n, r.provider.sends())
		}
	})
}

// All that were sent wait for their outcome, and none of them keeps another from being
// sent.
func TestTheOffsetWaitsForTheOutcome(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		brk, mend := kafkatest.RefuseWrites(r.cluster, rigOutcomes)
		brk()
		r.backlog(20)
		w := r.start()
		r.until(time.Minute, "all sent", func() bool { return r.provider.count() == 20 })
		tick(10 * time.Minute)
		if lag := r.lag(); lag != 20 || w.consumer.Ready() == nil {
			t.Errorf("%d records are not committed, ready: %v", lag, w.consumer.Ready())
		}
		if n := w.slots.Sending(); n > 0 || !w.slots.Idle() {
			t.Errorf("%d slots are held", n)
		}
		mend()
		r.untilDone(time.Minute)
		r.wantDone(20)
		if n := r.provider.sends(); n != 20 {
			t.Errorf("%d calls, want 20", n)
		}
	})
}

// A dead letter that Kafka refuses for good blocks its record, not the worker,
// and is not hammered.
func TestADeadLetterThatIsRefusedIsTriedAgain(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		refusal := r.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: rigDLQ, Err: kerr.TopicAuthorizationFailed, Count: -1,
		})
		r.rejecting("a-0")
		r.backlog(20)
		r.start()
		tick(time.Minute)
		if lag := r.lag(); lag != 20 || refusal.Hits() > 100 {
			t.Errorf("%d records are not committed, %d tries in a minute", lag, refusal.Hits())
		}
		refusal.Remove()
		r.untilDone(time.Minute)
		r.wantDone(19)
	})
}

// A write that was answered with a timeout may still have been applied.
func TestAnAppendThatTimesOutIsAppliedOnce(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		for _, err := range []*kerr.Error{kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition} {
			r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: rigLedger, Err: err, Count: 5})
			r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: rigDLQ, Err: err, Count: 2})
		}
		r.rejecting("a-0")
		r.backlog(50)
		r.start()
		r.untilDone(5 * time.Minute)
		r.wantDone(49)
		if n := len(r.deadLetters()); n != 1 {
			t.Errorf("%d dead letters, want 1", n)
		}
	})
}

func TestAFailedCommitIsMadeAgain(t *testing.T) {
	for _, err := range []*kerr.Error{kerr.NotCoordinator, kerr.OffsetMetadataTooLarge, kerr.RebalanceInProgress} {
		inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
			r.startReady()
			refusal := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: err, Count: -1})
			r.backlog(20)
			r.until(time.Minute, "all sent", func() bool { return r.provider.count() == 20 })
			tick(10 * time.Second)
			if lag := r.lag(); lag != 20 {
				t.Errorf("%s: %d records are not committed, want all", err.Message, lag)
			}
			refusal.Remove()
			r.untilDone(time.Minute)
			r.wantDone(20)
		})
	}
}

// Nothing is sent on the strength of a claim that Kafka did not take.
func TestWithoutItsLedgerALaneWaits(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.backlog(60)
		r.start()
		r.until(time.Minute, "some sent", func() bool { return r.provider.count() > 10 })
		refusal := r.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: rigLedger, Err: kerr.TopicAuthorizationFailed, Count: -1,
		})
		tick(time.Second)
		sent := r.provider.sends()
		tick(time.Minute)
		if n := r.provider.sends(); n != sent || refusal.Hits() > 200 {
			t.Errorf("%d calls without a ledger, %d tries in a minute", n-sent, refusal.Hits())
		}
		refusal.Remove()
		r.untilDone(2 * time.Hour)
		r.wantDone(60)
	})
}

func TestTransactionMarkersLeaveNoLag(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.backlog(10)
		client, err := kgo.NewClient(append(r.opts, kgo.TransactionalID("django"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
			rec := r.event(0, []string{"committed", "aborted"}[i], tomorrow())
			if err := errors.Join(client.BeginTransaction(), client.ProduceSync(r.t.Context(), rec).FirstErr(), client.EndTransaction(r.t.Context(), end)); err != nil {
				t.Fatal(err)
			}
		}
		r.start()
		r.untilDone(time.Minute)
		if n := r.provider.count(); n != 11 {
			t.Errorf("%d were sent, want all but the aborted one", n)
		}
		if n := len(r.deadLetters()); n > 0 {
			t.Errorf("%d markers were dead-lettered", n)
		}
	})
}
