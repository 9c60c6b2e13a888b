package chaos

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// Kafka's disk is lost and its backup put back, which knows nothing of what was
// published and sent since. As docs/OPERATIONS.md says: no worker runs, the group
// goes to the end, and the producer publishes again what it has no outcome of.
func TestARestoredBackupLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	broker.RequireReal(t)
	own := kafkatest.NewWith(t, kafkatest.Options{DiskSize: 1 << 30})
	s := harness.New(t, own, binaries, harness.Config{Partitions: 3})
	slow(s, 50*time.Millisecond, 200*time.Millisecond)
	before := harness.Events("before", 600)
	s.Publish(before...)
	worker := s.StartWorker(nil)
	sends(t, s)
	ends(t, worker)
	if s.Lag() == 0 {
		t.Fatal("nothing waits: nothing is shown")
	}
	own.Stop(t)
	own.Backup(t)
	own.Start(t)

	since := harness.Events("since", 300)
	s.Publish(since...)
	worker = s.StartWorker(nil)
	sends(t, s)
	ends(t, worker)
	known := told(s) // by what the producer has read of the outcomes
	own.Stop(t)
	own.Restore(t)
	own.Start(t)

	toTheEnd(s)
	all, again := append(before, since...), []harness.Event{}
	for _, e := range all {
		if !known[e["appointment_id"].(string)] {
			again = append(again, e)
		}
	}
	if len(again) == 0 || len(again) == len(all) {
		t.Fatalf("%d of %d have no outcome: nothing is shown", len(again), len(all))
	}
	s.Publish(again...)
	s.StartWorker(nil)
	s.AwaitDone(2 * time.Minute)
	lost, doubled := s.Judge(all)
	t.Logf("published %d, of those again %d, lost %d, doubled %d", len(all), len(again), lost, doubled)
	if lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

// told returns the appointments of which there is an outcome.
func told(s *harness.System) map[string]bool {
	found := map[string]bool{}
	for _, r := range s.Read(s.Outcomes()) {
		found[string(r.Key)] = true
	}
	return found
}

// toTheEnd commits the end of the source and of the replays for the group.
func toTheEnd(s *harness.System) {
	s.T.Helper()
	ends, err := s.Admin.ListEndOffsets(s.T.Context(), s.Source, s.Replay)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		s.T.Fatal(err)
	}
	offsets := kadm.Offsets{}
	ends.Each(func(o kadm.ListedOffset) { offsets.AddOffset(o.Topic, o.Partition, o.Offset, o.LeaderEpoch) })
	if err := s.Admin.CommitAllOffsets(s.T.Context(), s.Group, offsets); err != nil {
		s.T.Fatal(err)
	}
}
