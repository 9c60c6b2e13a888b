package ledgerlog

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestMemoryForgetsWhatTheLogHasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, opts := kafkatest.Broker(t, 1, topic)
		store := &Store{Topic: topic, Channel: domain.Email, Producer: producer(t, opts), Reader: opts}
		l, err := store.Open(t.Context(), 0, unseen)
		if err != nil {
			t.Fatal(err)
		}
		lost, kept := ports.Claim{Key: domain.Key{1}, AppointmentID: "lost"}, ports.Claim{Key: domain.Key{2}, AppointmentID: "kept"}
		settle := func(c ports.Claim) {
			if err := l.Settle(c, ports.Settlement{State: ports.StateSent}); err != nil {
				t.Fatal(err)
			}
		}
		settle(lost) // at offset 1
		tick(2 * ComparePeriod)
		settle(kept)
		l.LookUp(lost.Key, lost.AppointmentID)
		tick(time.Minute)
		if k := l.LookUp(lost.Key, lost.AppointmentID); k.State != ports.StateSent || !k.Reach.IsZero() {
			t.Errorf("before anything is lost: %+v", k)
		}
		kafkatest.DeleteBefore(t, opts, topic, 2)
		tick(ComparePeriod)
		l.LookUp(lost.Key, lost.AppointmentID)
		tick(time.Minute)
		k := l.LookUp(lost.Key, lost.AppointmentID)
		if k.State != ports.StateNone || k.Reach.IsZero() || l.Keys() != 1 {
			t.Errorf("what the log has lost: %+v, %d keys", k, l.Keys())
		}
		if k := l.LookUp(kept.Key, kept.AppointmentID); k.State != ports.StateSent {
			t.Errorf("what the log has kept: %+v", k)
		}
	})
}
