package fake_test

import (
	"fmt"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTheFakeKeepsTheContractOfOutcomes(t *testing.T) {
	portstest.TestOutcomes(t, func(*testing.T) portstest.OutcomesHarness {
		s := new(fake.Outcomes)
		return portstest.OutcomesHarness{
			Outcomes: s, Break: s.Break, Mend: s.Mend,
			Stored: func() (stored []portstest.StoredOutcome) {
				for _, c := range s.Told() {
					stored = append(stored, storedOutcome(c))
				}
				return stored
			},
		}
	})
}

// storedOutcome is a conclusion with an id of all that makes it one fact.
func storedOutcome(c ports.Conclusion) portstest.StoredOutcome {
	s := portstest.StoredOutcome{Key: string(c.Record.Key), Channel: c.Channel, Outcome: c.Outcome, Origin: c.Record.Origin()}
	if c.Event != nil {
		s.Key, s.AppointmentID = c.Event.AppointmentID, c.Event.AppointmentID
	}
	count := 0
	if c.Record.Replay != nil {
		count = c.Record.Replay.Count
	}
	s.ID = fmt.Sprint(c.Channel, s.Origin, c.Outcome.Status, count)
	s.Text = s.ID
	return s
}
