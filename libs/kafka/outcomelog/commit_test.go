package outcomelog

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// The partition is revoked after the commit has chosen it and before it has asked what
// waits. Kafka takes the commit, since the member is still in the group, and the next
// owner would begin behind what waits.
func TestAPartitionThatIsGoneIsNotCommitted(t *testing.T) {
	watcher := receipts.New(receipts.Config{Channel: domain.Email, Poll: time.Minute, Horizon: time.Hour},
		receipts.Deps{Source: &fake.Receipts{}, Observer: ports.NoObserver{}})
	f := New(Config{Channel: domain.Email, Topic: topic, Horizon: time.Hour}, Deps{Watcher: watcher, Observer: ports.NoObserver{}, Log: zap.NewNop()})
	f.open(3, start{committed: -1})
	p := f.partition(3)
	<-p.loaded
	_, value := envelope.EncodeOutcome(ports.Conclusion{
		Record: &ports.Record{Topic: "appointments.created", Partition: 3}, Event: &domain.Event{AppointmentID: "a-1"},
		Channel: domain.Email, Outcome: domain.Sent("m0"), At: time.Now(),
	})
	p.tell(&kgo.Record{Topic: topic, Partition: 3, Offset: 7, Value: value})
	chosen := f.all()
	if moved := f.moved(chosen); moved[p].offset != 7 {
		t.Fatalf("%+v, want the message that waits", moved)
	}
	f.lost(t.Context(), nil, map[string][]int32{topic: {3}})
	if moved := f.moved(chosen); len(moved) != 0 {
		t.Errorf("%d would be committed, and the message at 7 waits", moved[p].offset)
	}
}

// A topic that was made anew is shorter than the commit of the old one.
func TestACommitBeyondTheEndIsOfAnotherTopic(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		r.fromCommit = true
		r.sent("m0", 0)
		r.sent("m1", 0)
		var old kadm.Offsets
		old.AddOffset(topic, 0, 1000, -1)
		if err := r.admin.CommitAllOffsets(r.Context(), group, old); err != nil {
			r.Fatal(err)
		}
		w := r.start()
		r.becomes("m0", domain.ReceiptDelivered)
		<-time.After(3 * poll)
		w.stop()
		r.want("m0 delivered")
		if c := r.committed(); c[0] != 1 {
			r.Errorf("committed %v", c)
		}
	})
}

// A record of another program may look like a doubtful outcome but name no event for a
// receipt. It must not hold up the commit.
func TestAnOutcomeOfNoEventHoldsUpNoCommit(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		doubtful := `{"version":1,"id":"odd","type":"outcome","channel":"email","appointment_id":"a","outcome":"dead_lettered","reason":"unknown_outcome","provider_message_id":"odd","event":{"topic":"t","timestamp":"yesterday"},"at":"` + envelope.FormatTime(time.Now()) + `"}`
		if err := r.client().ProduceSync(r.Context(), &kgo.Record{Topic: topic, Value: []byte(doubtful)}).FirstErr(); err != nil {
			r.Fatal(err)
		}
		r.provider.Accept("odd", time.Now())
		r.sent("m1", 0)
		w := r.start()
		r.becomes("odd", domain.ReceiptDelivered)
		r.becomes("m1", domain.ReceiptDelivered)
		<-time.After(10 * poll)
		waiting := w.watcher.Status().Waiting
		w.stop()
		r.want("m1 delivered")
		if at := r.committed()[0]; waiting != 0 || at < 2 {
			r.Errorf("%d still wait, committed up to %d", waiting, at)
		}
	})
}
