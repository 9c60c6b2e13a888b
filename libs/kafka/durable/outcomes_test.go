package durable

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

const outcomesTopic = "notifications.outcomes"

func TestTheOutcomesTopicKeepsItsContract(t *testing.T) {
	t.Run("waited for", func(t *testing.T) {
		testOutcomes(t, func(s *Outcomes) ports.Outcomes { return s })
	})
	t.Run("told of", func(t *testing.T) {
		testOutcomes(t, func(s *Outcomes) ports.Outcomes { return portstest.Telling(s) })
	})
}

func testOutcomes(t *testing.T, as func(*Outcomes) ports.Outcomes) {
	portstest.TestOutcomes(t, func(t *testing.T) portstest.OutcomesHarness {
		cluster, opts := kafkatest.Broker(t, 1, outcomesTopic)
		opts = append(opts, kgo.MetadataMinAge(50*time.Millisecond)) // how soon a refused write is tried again
		brk, mend := kafkatest.RefuseWrites(cluster, outcomesTopic)
		return portstest.OutcomesHarness{
			Outcomes: as(&Outcomes{Producer: producer(t, opts), Topic: outcomesTopic, Observer: ports.NoObserver{}}),
			Break:    brk, Mend: mend,
			Stored: func() (stored []portstest.StoredOutcome) {
				for _, rec := range kafkatest.ReadAll(t, opts, outcomesTopic) {
					stored = append(stored, storedOutcome(t, rec))
				}
				return stored
			},
		}
	})
}

func storedOutcome(t *testing.T, rec *kgo.Record) portstest.StoredOutcome {
	t.Helper()
	told, err := envelope.DecodeOutcome(rec.Value)
	if err != nil {
		t.Fatal(err)
	}
	origin, err := told.Origin()
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Headers) > 0 {
		t.Errorf("an outcome has headers: %v", rec.Headers)
	}
	o := domain.Outcome{Status: told.Outcome, ProviderID: told.ProviderMessageID}
	if told.Outcome == domain.StatusDeadLettered {
		o.Failure = &domain.Failure{Class: domain.Class(told.Reason), Code: told.Code}
	} else {
		o.Reason = domain.SkipReason(told.Reason)
	}
	return portstest.StoredOutcome{
		ID: told.ID, Key: string(rec.Key), AppointmentID: told.AppointmentID, Channel: told.Channel,
		Outcome: o, Origin: origin, Text: string(rec.Value),
	}
}

// An outcome lies where its event did, also that of a replay.
func TestAnOutcomeIsOnThePartitionOfItsEvent(t *testing.T) {
	_, opts := kafkatest.Broker(t, 3, outcomesTopic)
	s := &Outcomes{Producer: producer(t, opts), Topic: outcomesTopic, Observer: ports.NoObserver{}}
	rec := &ports.Record{Topic: "appointments.created", Partition: 2, Offset: 1}
	replay := &ports.Record{Topic: "replays", Partition: 0, Offset: 7, Replay: &ports.Replay{DeadLetterID: "d", Count: 1, Origin: rec.Origin()}}
	for _, r := range []*ports.Record{rec, replay} {
		if err := s.Tell(t.Context(), ports.Conclusion{Record: r, Channel: domain.SMS, Outcome: domain.Sent("id"), At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, told := range kafkatest.ReadAll(t, opts, outcomesTopic) {
		if told.Partition != 2 {
			t.Errorf("%s is on partition %d, want 2", told.Value, told.Partition)
		}
	}
}

// hostile panics on all that it is told of a write.
type hostile struct{ ports.NoObserver }

func (hostile) Alert(domain.Channel, string, string) { panic("an alert") }
func (hostile) Panicked(domain.Channel, any, []byte) { panic("a panic") }

// No caller waits for this write, so an observer's panic would end the process.
func TestAnObserverThatPanicsEndsNoWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, opts := kafkatest.Broker(t, 1, outcomesTopic)
		cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: outcomesTopic, Err: kerr.TopicAuthorizationFailed, Count: 2})
		s := portstest.Telling(&Outcomes{Producer: producer(t, opts), Topic: outcomesTopic, Observer: hostile{}})
		rec := &ports.Record{Topic: "appointments.created", Offset: 1}
		if err := s.Tell(t.Context(), ports.Conclusion{Record: rec, Channel: domain.Email, Outcome: domain.Sent("id"), At: time.Now()}); err != nil {
			t.Error(err)
		}
		if n := len(kafkatest.ReadAll(t, opts, outcomesTopic)); n != 1 {
			t.Errorf("%d outcomes", n)
		}
	})
}
