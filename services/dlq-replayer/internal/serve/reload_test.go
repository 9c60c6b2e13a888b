package serve

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// say writes what became of the n-th dead letter.
func say(b *replaytest.Broker, n, count int, status envelope.ResolutionStatus) {
	b.Helper()
	key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: replaytest.ID(n), Channel: domain.SMS, Status: status, ReplayCount: count, At: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	b.Produce(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

// depth returns the depth that metrics and status show.
func depth(s *Server) int {
	x, _ := s.current()
	if x == nil {
		return -1
	}
	return x.Stats(index.Filter{}).Depth()
}

func TestWhatAFullIndexLeftOutIsCountedSaidAndReadOnceThereIsRoom(t *testing.T) {
	b := replaytest.New(t)
	b.Config.Limit = 6
	b.Fill(10)
	s := serve(t, b, func(s *Server) { s.checkEvery = 20 * time.Millisecond })
	await(t, func() bool { return depth(s) == 10 })
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s.Metrics())
	const want = `# HELP notifications_dlq_index_left_out Unresolved dead letters that the full index left out, the youngest.
# TYPE notifications_dlq_index_left_out gauge
notifications_dlq_index_left_out 4
# HELP notifications_dlq_depth Unresolved dead letters: without a final outcome, in the index or left out of it.
# TYPE notifications_dlq_depth gauge
notifications_dlq_depth{channel="sms",class="recipient_rejected"} 10
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "notifications_dlq_index_left_out", "notifications_dlq_depth"); err != nil {
		t.Error(err)
	}
	if text := s.Status().Warning; !strings.Contains(text, "4 younger") {
		t.Errorf("the warning is %q", text)
	}
	ready := true
	for n := range 6 {
		say(b, n, 0, envelope.ResolutionDiscarded)
	}
	await(t, func() bool {
		ready = ready && s.Ready() == nil
		x, _ := s.current()
		return depth(s) == 4 && x.LeftOut(index.Filter{}) == 0
	})
	if !ready {
		t.Error("to read anew made the server unready")
	}
}

func TestWhatALateWordCoveredIsRepeatedWhileServing(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(1)
	s := serve(t, b, func(s *Server) { s.checkEvery = 20 * time.Millisecond })
	await(t, func() bool { return depth(s) == 1 })
	say(b, 0, 1, envelope.ResolutionSent)
	say(b, 0, 0, envelope.ResolutionDiscarded)
	await(t, func() bool {
		records := b.Read(topics.Resolutions)
		last, err := envelope.DecodeResolution(records[len(records)-1].Key, records[len(records)-1].Value)
		return len(records) >= 3 && err == nil && last.Status == envelope.ResolutionSent
	})
}

// record leaves a job of one dead letter in that state, as a process that died
// or has ended.
func record(b *replaytest.Broker, state replay.State) string {
	b.Helper()
	session := b.Session()
	job, err := replay.NewJob(session.Plan(replaytest.Order()), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	session.Close()
	if err := b.Config.Submit(b.Context(), job); err != nil {
		b.Fatal(err)
	}
	for _, r := range b.Read(topics.Resolutions) {
		if string(r.Key) == "job/"+job.ID {
			value := strings.Replace(string(r.Value), fmt.Sprintf("%q", replay.StateQueued), fmt.Sprintf("%q", state), 1)
			b.Produce(&kgo.Record{Topic: topics.Resolutions, Key: r.Key, Value: []byte(value)})
		}
	}
	return job.ID
}

func TestARunningJobIsLeftToItsProcessUntilThatIsSilent(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(1)
	w := b.Work(replaytest.Accept)
	id := record(b, replay.StateRunning)
	heard := time.Now()
	const silence = time.Second
	s := serve(t, b, func(s *Server) { s.silence = silence })
	await(t, func() bool { x, _ := s.current(); return x != nil })
	await(t, func() bool { j, ok := s.book.Job(id); return ok && j.State == replay.StateDone })
	if took := time.Since(heard); took < silence {
		t.Errorf("it was taken over after %s", took)
	}
	if sent, _ := w.Sent(); sent != 1 {
		t.Errorf("sent %d", sent)
	}
}

// A whole reading is due all the time here. It may not cut off the job that the server
// has taken on: another run of it would be audited as that of a process that is gone.
func TestReadingAnewWaitsForTheJobThatIsCarriedOn(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(300)
	w := b.Work(replaytest.Accept)
	id := record(b, replay.StateRunning)
	s := serve(t, b, func(s *Server) {
		s.lookEvery, s.silence = 5*time.Millisecond, 0
		s.reloadEvery, s.checkEvery = 50*time.Millisecond, 50*time.Millisecond
	})
	await(t, func() bool { return b.Known(id).State == replay.StateDone })
	carried := 0
	for _, a := range b.Audits() {
		if a.Action == replay.ActionCarryOn {
			carried++
		}
	}
	if sent, repeated := w.Sent(); carried != 1 || sent != 300 || repeated != 0 {
		t.Errorf("carried on %d times, sent %d, repeated %d", carried, sent, repeated)
	}
	before, _ := s.current()
	await(t, func() bool { x, _ := s.current(); return x != before })
}

func TestAJobThatHasEndedIsNotCarriedOn(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(1)
	id := record(b, replay.StateDone)
	s := New(b.Config, zap.NewNop())
	if err := s.run(t.Context(), id); err != nil {
		t.Error(err)
	}
	if n := len(b.Read(b.Config.Topics.ReplayFor(domain.SMS))); n != 0 {
		t.Errorf("%d replays", n)
	}
}
