package chaos

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// The topics move to another cluster, as a mirror moves them: each record on the
// partition of its number, with its key, value, headers and time, at other
// offsets, and nothing that the groups have committed. The worker dies before,
// with messages in doubt. On the new cluster each event is told once.
func TestAMigrationLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	from := newSystem(t, harness.Config{Partitions: 3})
	trim(from)
	slow(from, 50*time.Millisecond, 300*time.Millisecond)
	events := harness.Events("migrated", 900)
	from.Publish(events...)
	worker := from.StartWorker(nil)
	sends(t, from)
	worker.Kill()
	before := len(from.Accepts())

	to := newSystem(t, harness.Config{Partitions: 3})
	for source, target := range map[string]string{
		from.Source: to.Source, from.Ledger: to.Ledger, from.Replay: to.Replay, from.DLQ: to.DLQ, from.Outcomes(): to.Outcomes(),
	} {
		mirror(to, source, target)
	}
	more := harness.Events("after", 100)
	to.Publish(more...)
	to.StartWorker(map[string]string{"MAILGUN_API_BASE_URL": from.ProviderURL})
	to.AwaitDone(2 * time.Minute)

	lost, doubled := from.Judge(append(events, more...))
	t.Logf("%d sent before, lost %d, doubled %d", before, lost, doubled)
	if before == len(events) {
		t.Error("all was sent before: nothing is shown")
	}
	if lost != 0 || doubled != 0 || len(to.DeadLetters()) != 0 {
		t.Errorf("lost %d, doubled %d, %d dead letters", lost, doubled, len(to.DeadLetters()))
	}
}

// trim lets the source begin above offset 0, as retention does, so that a mirror
// of it has other offsets.
func trim(s *harness.System) {
	old := harness.Events("long-ago", 100)
	s.Publish(old...)
	ends, err := s.Admin.ListEndOffsets(s.T.Context(), s.Source)
	if err != nil {
		s.T.Fatal(err)
	}
	for partition, end := range ends[s.Source] {
		if end.Offset > 0 {
			s.Delete(s.Source, partition, end.Offset)
		}
	}
}

// mirror copies a topic.
func mirror(s *harness.System, from, to string) {
	s.T.Helper()
	client := s.Broker.Client(s.T, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	var copies []*kgo.Record
	for _, r := range s.Read(from) {
		copies = append(copies, &kgo.Record{Topic: to, Partition: r.Partition, Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.Timestamp})
	}
	if err := client.ProduceSync(s.T.Context(), copies...).FirstErr(); err != nil {
		s.T.Fatal(err)
	}
}
