package replay_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// say writes what became of the n-th dead letter, as a worker or an operator.
func say(r *replaytest.Broker, n, count int, status envelope.ResolutionStatus, at time.Time) {
	r.Helper()
	key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: replaytest.ID(n), Channel: domain.SMS, Status: status, ReplayCount: count, At: at})
	if err != nil {
		r.Fatal(err)
	}
	r.Produce(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

// last returns the last record of each key of the resolutions topic, which is
// what compaction leaves.
func last(r *replaytest.Broker) map[string]string {
	r.Helper()
	out := make(map[string]string)
	for _, record := range r.Read(topics.Resolutions) {
		out[string(record.Key)] = "nothing"
		if res, err := envelope.DecodeResolution(record.Key, record.Value); err == nil {
			out[string(record.Key)] = fmt.Sprintf("%s %d", res.Status, res.ReplayCount)
		}
	}
	return out
}

func TestADiscardMarksWhatItsPlanShowedUnlessItWasResolvedMeanwhile(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(4)
	again := replaytest.Letter(1, domain.SMS, domain.ClassRecipientRejected)
	again.Record.Replay = &ports.Replay{DeadLetterID: replaytest.ID(1), Count: 2, Origin: again.Record.Origin(), FirstFailedAt: again.FirstFailedAt}
	r.Produce(envelope.Record(r.Config.Topics.DLQ, again, "workers"))
	s := r.Session()
	o := replaytest.Order()
	o.Limit = 3
	plan := s.PlanDiscard(o)
	say(r, 0, 1, envelope.ResolutionSent, time.Now()) // A worker was faster.
	done, err := s.Discard(t.Context(), o, plan)
	if err != nil || done.Marked != 2 || done.Left[string(index.StatusSent)] != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	audits := r.Audits()
	if len(audits) != 2 || audits[0].Action != replay.ActionDiscard || audits[0].Count != 3 {
		t.Fatalf("%+v", audits)
	}
	if a := audits[1]; a.Action != replay.ActionEnd || a.Who != "tester" || a.Count != 2 || a.Counts == nil || a.Counts.Left[string(index.StatusSent)] != 1 {
		t.Errorf("the audit tells of %+v", a)
	}
	want := map[string]string{replaytest.ID(0): "sent 1", replaytest.ID(1): "discarded 2", replaytest.ID(2): "discarded 0"}
	if got := last(r); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the last words are %v, want %v", got, want)
	}
}

// TestALateDiscardLeavesTheTruth lets a discard and a worker's word cross: what
// counts has to be the last record of its key, since compaction keeps no other.
func TestALateDiscardLeavesTheTruth(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(2)
	s := r.Session()
	say(r, 0, 1, envelope.ResolutionSent, time.Now())
	say(r, 0, 0, envelope.ResolutionDiscarded, time.Now()) // As if written between its two looks.
	o := replaytest.Order()
	o.Filter.IDs = []string{replaytest.ID(1)}
	if _, err := s.Discard(t.Context(), o, s.PlanDiscard(o)); err != nil {
		t.Fatal(err)
	}
	if got := last(r); got[replaytest.ID(0)] != "sent 1" || got[replaytest.ID(1)] != "discarded 0" {
		t.Errorf("the last words are %v", got)
	}
}

func TestTidyRepeatsWhatIsCoveredAndDeletesWhatIsOfNothing(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(3)
	old := time.Now().Add(-31 * 24 * time.Hour)
	say(r, 0, 1, envelope.ResolutionSkipped, old)
	say(r, 0, 1, envelope.ResolutionDiscarded, old)
	say(r, 1, 0, envelope.ResolutionDiscarded, old) // Its dead letter is still there.
	say(r, 7, 0, envelope.ResolutionDiscarded, old)
	say(r, 8, 0, envelope.ResolutionDiscarded, time.Now())
	tidy := func(want replay.Tidied) {
		reader, _, err := r.Config.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if done, err := r.Config.Tidy(t.Context(), reader); err != nil || done != want {
			t.Errorf("%+v, %v, want %+v", done, err, want)
		}
	}
	tidy(replay.Tidied{Repeated: 1, Deleted: 1})
	want := map[string]string{
		replaytest.ID(0): "skipped 1", replaytest.ID(1): "discarded 0", replaytest.ID(7): "nothing", replaytest.ID(8): "discarded 0",
	}
	if got := last(r); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the last words are %v, want %v", got, want)
	}
	r.Compact()
	tidy(replay.Tidied{})
	if got := last(r); got[replaytest.ID(0)] != "skipped 1" || got[replaytest.ID(1)] != "discarded 0" || got[replaytest.ID(8)] != "discarded 0" {
		t.Errorf("after compaction the last words are %v", got)
	}
}

func TestAJobSaysWhatAFullIndexDidNotHold(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(12)
	r.Config.Limit = 6
	w := r.Work(replaytest.Accept)
	job := r.Run(replaytest.Order(), replay.Options{})
	if job.Counts.Sent != 6 || job.LeftOut != 6 || job.Note == "" {
		t.Errorf("the first: %+v", job)
	}
	if job := r.Run(replaytest.Order(), replay.Options{}); job.Counts.Sent != 6 || job.LeftOut != 0 || job.Note != "" {
		t.Errorf("the second: %+v", job)
	}
	if sent, repeated := w.Sent(); sent != 12 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}
