package harness

import (
	"encoding/json"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// Outcome is what a reader of the outcomes topic needs of a record.
type Outcome struct {
	ID                string
	Type, Channel     string
	Outcome, Reason   string
	ProviderMessageID string `json:"provider_message_id"`
	Event             struct {
		Partition int32
		Offset    int64
	}
}

// Place is where an event stands in the source topic.
type Place struct {
	Partition int32
	Offset    int64
}

// Told returns what the channel told, by event and id. It fails the test where
// a recipient is told, or an outcome stands on another partition than its event.
func (s *System) Told() map[Place]map[string]Outcome {
	s.T.Helper()
	all := map[Place]map[string]Outcome{}
	for _, r := range s.Read(s.Outcomes()) {
		var o Outcome
		if err := json.Unmarshal(r.Value, &o); err != nil {
			s.T.Fatalf("%s: %v", r.Value, err)
		}
		if o.Type == "receipt" {
			continue
		}
		if o.Type != "outcome" || (o.Channel != sandbox.Email && o.Channel != sandbox.SMS) || o.Event.Partition != r.Partition {
			s.T.Errorf("told on partition %d: %s", r.Partition, r.Value)
		}
		if strings.Contains(string(r.Key)+string(r.Value), "patients.example") {
			s.T.Errorf("a recipient is told: %s", r.Value)
		}
		if o.Channel != s.Channel {
			continue
		}
		at := Place{o.Event.Partition, o.Event.Offset}
		if all[at] == nil {
			all[at] = map[string]Outcome{}
		}
		if before, ok := all[at][o.ID]; ok && before.ProviderMessageID != "" {
			o = before // the first word of a fact counts
		}
		all[at][o.ID] = o
	}
	return all
}
