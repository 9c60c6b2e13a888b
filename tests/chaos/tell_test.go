package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// publishMixed publishes 330 events of every kind and returns how many of them
// end in which way.
func publishMixed(s *harness.System) map[string]int {
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	s.Script(sandbox.Rule{Match: sandbox.Match{Recipient: "refused-*"}, Action: sandbox.Action{
		Type: "answer", Status: 400, Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
	}})
	var events []harness.Event
	add := func(prefix string, n int, edit func(harness.Event)) {
		for i := range n {
			e := harness.NewEvent(fmt.Sprintf("%s-%d", prefix, i))
			edit(e)
			events = append(events, e)
		}
	}
	add("sent", 200, func(harness.Event) {})
	add("sent", 20, func(harness.Event) {}) // published twice
	add("refused", 40, func(harness.Event) {})
	add("past", 40, func(e harness.Event) { e["time"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) })
	add("text", 10, func(e harness.Event) { e["notify"], e["phone_e164"] = map[string]bool{"sms": true}, "+15550101234" })
	s.Publish(events...)
	for i := range 20 {
		s.Write(&kgo.Record{Topic: s.Source, Key: fmt.Appendf(nil, "broken-%d", i), Value: []byte("{")})
	}
	return map[string]int{
		"sent ": 200, "skipped already_sent": 20, "dead_lettered recipient_rejected": 40,
		"skipped appointment_past": 40, "dead_lettered invalid_event": 20,
	}
}

func TestEachEventIsToldOnceHoweverOftenTheWorkerDies(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 3, Settings: map[string]string{
		"DELIVERY_CONCURRENCY": "4", "KAFKA_GROUP_INSTANCE_ID": "worker-1", // a static member takes its partitions back at once
	}})
	want := publishMixed(s)
	for range 4 {
		worker, before := s.StartWorker(nil), s.Sandbox.Stats().Email.Accepted
		harness.Await(t, time.Minute, "sending goes on", func() bool { return s.Sandbox.Stats().Email.Accepted >= before+30 })
		worker.Kill()
	}
	s.StartWorker(nil)
	s.AwaitDone(2 * time.Minute)
	got := map[string]int{}
	for at, facts := range s.Told() {
		if len(facts) != 1 {
			t.Errorf("%v has %d outcomes: %v", at, len(facts), facts)
		}
		for _, o := range facts {
			got[o.Outcome+" "+o.Reason]++
			if (o.Outcome == "sent") != (o.ProviderMessageID != "") {
				t.Errorf("%+v: the provider's id", o)
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told: %v, want %v", got, want)
	}
	if n := s.Sandbox.Stats().Email.Accepted; n != 200 {
		t.Errorf("%d accepted, want 200", n)
	}
}

// While the outcomes topic takes nothing the worker sends on, says so, and commits
// nothing; afterwards all is told. The one that is killed meanwhile has told
// nothing of what it sent: its successor tells it as sent.
func TestOutcomesThatCannotBeWrittenAreToldLater(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 3, Settings: map[string]string{
		"KAFKA_GROUP_INSTANCE_ID": "worker-1", "KAFKA_SEND_TIMEOUT_SECONDS": "2", "KAFKA_DLQ_SEND_TIMEOUT_SECONDS": "2",
	}})
	worker := s.StartWorker(nil)
	worker.AwaitReady(t)
	for round, killed := range []bool{false, true} {
		s.Refuse(s.Outcomes())
		begin := time.Now()
		s.Publish(harness.Events(fmt.Sprintf("round%d", round), 100)...)
		harness.Await(t, time.Minute, "all are sent all the same", func() bool { return s.Sandbox.Stats().Email.Accepted == 100*(round+1) })
		harness.Await(t, time.Minute, "the worker says so", func() bool {
			code, body := worker.Health("/readyz")
			return code == http.StatusServiceUnavailable && strings.Contains(string(body), s.Outcomes())
		})
		if killed {
			worker.Kill()
		} else {
			await(t, 30*time.Second-time.Since(begin))
		}
		if lag := s.Lag(); lag != 100 {
			t.Errorf("%d records are not committed, want 100", lag)
		}
		s.Take(s.Outcomes())
		if killed {
			worker = s.StartWorker(nil)
		}
		s.AwaitDone(2 * time.Minute)
		worker.AwaitReady(t)
	}
	facts := s.Told()
	for at, f := range facts {
		for _, o := range f {
			if len(f) != 1 || o.Outcome != "sent" || o.ProviderMessageID == "" {
				t.Errorf("%v is told %+v", at, f)
			}
		}
	}
	if len(facts) != 200 || s.Sandbox.Stats().Email.Accepted != 200 {
		t.Errorf("%d events told and %d sent, want 200", len(facts), s.Sandbox.Stats().Email.Accepted)
	}
}

// await lets d pass.
func await(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
