package chaos

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// Claims of a burst travel together, and the ledger topic may take less at once
// than the others. What an operator sets it to, also while the worker runs, the
// batches keep below.
func TestABurstOfClaimsFitsItsLedgerTopic(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 1, Settings: map[string]string{"DELIVERY_CONCURRENCY": "512"}})
	limit := func(bytes string) {
		if _, err := s.Admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &bytes}}, s.Ledger); err != nil {
			t.Fatal(err)
		}
	}
	limit("16384")
	before := harness.Events("before", 3000)
	s.Publish(before...)
	worker := s.StartWorker(nil)
	worker.AwaitReady(t)
	s.AwaitDone(time.Minute)
	limit("1500")
	after := harness.Events("after", 3000)
	s.Publish(after...)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(append(before, after...)); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if dead := s.DeadLetters(); len(dead) > 0 {
		t.Errorf("%d dead letters", len(dead))
	}
	if code, _ := worker.Health("/readyz"); code != 200 {
		t.Errorf("readyz answers %d", code)
	}
}
