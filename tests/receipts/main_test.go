// Package receipts tests on a real Kafka what becomes of accepted messages: with the
// workers as processes, the sandbox as both providers, and kill -9 in between.
package receipts

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

// newSystem returns a system whose receipts are asked for every second.
func newSystem(t *testing.T, channel string, settings map[string]string) *harness.System {
	t.Helper()
	all := map[string]string{"RECEIPTS_POLL_SECONDS": "1", "KAFKA_GROUP_INSTANCE_ID": "worker-1"}
	maps.Copy(all, settings)
	return harness.New(t, broker, binaries, harness.Config{Channel: channel, Partitions: 3, Settings: all})
}

// told is what a reader of the outcomes topic needs of it.
type told struct {
	ID, Type, Channel, Outcome, Reason, Code string
	Appointment                              string `json:"appointment_id"`
	ProviderID                               string `json:"provider_message_id"`
	DeadLetter                               string `json:"dead_letter_id"`
	Event                                    struct{ Partition int32 }
}

// read returns what the outcomes topic has, each fact once.
func read(s *harness.System) (receipts map[string]told, outcomes map[string]told) {
	s.T.Helper()
	receipts, outcomes = map[string]told{}, map[string]told{}
	for _, r := range s.Read(s.Outcomes()) {
		var o told
		if err := json.Unmarshal(r.Value, &o); err != nil {
			s.T.Fatalf("%s: %v", r.Value, err)
		}
		if o.Appointment != string(r.Key) || o.Event.Partition != r.Partition || strings.Contains(string(r.Value), "patients.example") || strings.Contains(string(r.Value), "+1555") {
			s.T.Errorf("told on partition %d: %s", r.Partition, r.Value)
		}
		if o.Type == "receipt" {
			receipts[o.ID] = o
		} else {
			outcomes[o.ID] = o
		}
	}
	return receipts, outcomes
}

// count counts receipts by kind.
func count(receipts map[string]told) map[string]int {
	n := map[string]int{}
	for _, r := range receipts {
		n[r.Outcome]++
	}
	return n
}

// fate says what becomes of the messages to a recipient.
func fate(recipient, ending string) sandbox.Rule {
	return sandbox.Rule{Match: sandbox.Match{Recipient: recipient}, Action: sandbox.Action{Type: script.Fate, Ending: ending}}
}

// hundred returns events of 100 appointments, of which 10 bounce.
func hundred(s *harness.System) []harness.Event {
	var events []harness.Event
	for i := range 100 {
		name := "arrives"
		if i%10 == 0 {
			name = "bounces"
		}
		id := fmt.Sprintf("%s-%d", name, i)
		if s.Channel == sandbox.Email {
			events = append(events, harness.NewEvent(id))
			continue
		}
		e := harness.NewSMS(id, i)
		if name == "bounces" {
			e["phone_e164"] = fmt.Sprintf("+1555999%04d", i)
		}
		events = append(events, e)
	}
	s.Script(fate("bounces-*", script.Undelivered))
	s.Script(fate("+1555999*", script.Undelivered))
	return events
}

// accepted returns how many messages of the channel the provider accepted.
func accepted(s *harness.System) int {
	if s.Channel == sandbox.SMS {
		return s.Sandbox.Stats().SMS.Accepted
	}
	return s.Sandbox.Stats().Email.Accepted
}

// awaitReceipts waits until the topic has so many receipts.
func awaitReceipts(s *harness.System, n int, limit time.Duration) map[string]told {
	s.T.Helper()
	var found map[string]told
	harness.Await(s.T, limit, fmt.Sprintf("%d receipts", n), func() bool {
		found, _ = read(s)
		return len(found) >= n
	})
	return found
}
