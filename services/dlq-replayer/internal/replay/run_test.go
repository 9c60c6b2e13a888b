package replay_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
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

func TestAReplayGoesToItsChannelOnlyVerbatimAndOnce(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(7)
	r.Produce(envelope.Record(r.Config.Topics.DLQ, replaytest.Letter(7, domain.Email, domain.ClassRecipientRejected), "workers"))
	w := r.Work(replaytest.Accept)
	job := r.Run(replaytest.Order(), replay.Options{})
	if job.State != replay.StateDone || job.Total != 7 || job.Counts.Sent != 7 || job.Counts.Unanswered() != 0 {
		t.Errorf("job: %+v", job)
	}
	if again := r.Run(replaytest.Order(), replay.Options{}); again.Total != 0 || again.State != replay.StateDone {
		t.Errorf("the same again: %+v", again)
	}
	if sent, repeated := w.Sent(); sent != 7 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	for _, topic := range []string{r.Config.Topics.Source, r.Config.Topics.ReplayFor(domain.Email)} {
		if records := r.Read(topic); len(records) != 0 {
			t.Errorf("%d records in %s", len(records), topic)
		}
	}
	for _, record := range r.Read(r.Config.Topics.ReplayFor(domain.SMS)) {
		e, err := envelope.Decode(envelope.FromKafka(record.Headers))
		if err != nil {
			t.Fatal(err)
		}
		origin := replaytest.Letter(int(e.Origin.Offset), domain.SMS, "").Record
		if record.Partition != origin.Partition || string(record.Key) != string(origin.Key) || string(record.Value) != string(origin.Value) ||
			!reflect.DeepEqual(e.Headers, origin.Headers) || e.ReplayCount != 1 || e.ReplayJob != job.ID || e.AcceptDuplicate {
			t.Errorf("replayed %+v as %v", e, record)
		}
	}
}

func TestAJobWhoseCauseIsNotRepairedStopsByItself(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(200)
	r.Work(replaytest.Refuse)
	job := r.Run(replaytest.Order(), replay.Options{})
	if job.State != replay.StateStopped || job.Counts.Replayed > 30 || job.Counts.Failed != job.Counts.Replayed || !strings.Contains(job.Note, "failed again") {
		t.Errorf("job: %+v", job)
	}
	reader, _, err := r.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	counts := make(map[int]int)
	for _, item := range reader.Index.Select(index.Filter{Statuses: []index.Status{index.StatusOpen}}) {
		counts[item.ReplayCount]++
	}
	if counts[0] != 200-job.Counts.Replayed || counts[1] != job.Counts.Replayed {
		t.Errorf("open by replay count: %v", counts)
	}
}

// TestAJobThatHasReplayedAllIsDoneHoweverManyFailed: there is nothing left that it
// could stop before, nor go on with.
func TestAJobThatHasReplayedAllIsDoneHoweverManyFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(20)
		r.Work(replaytest.Refuse)
		if job := r.Run(replaytest.Order(), replay.Options{}); job.State != replay.StateDone || job.Counts.Failed != 20 || job.Note != "" {
			t.Errorf("job: %+v", job)
		}
	})
}

func TestWhatAJobMadeFailIsNotSweptInByIt(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(8)
	w := r.Work(func(replayed *ports.Replay) domain.Outcome {
		if replayed.DeadLetterID == replaytest.ID(3) && replayed.Count == 1 {
			return replaytest.Refuse(replayed)
		}
		return replaytest.Accept(replayed)
	})
	job := r.Run(replaytest.Order(), replay.Options{})
	if job.State != replay.StateDone || job.Counts.Sent != 7 || job.Counts.Failed != 1 || job.Counts.Replayed != 8 {
		t.Errorf("first job: %+v", job)
	}
	if next := r.Run(replaytest.Order(), replay.Options{}); next.Total != 1 || next.Counts.Sent != 1 {
		t.Errorf("second job: %+v", next)
	}
	if sent, repeated := w.Sent(); sent != 8 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

func TestAJobThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	r := replaytest.New(t)
	const letters = 300
	r.Fill(letters)
	w := r.Work(replaytest.Accept)
	var job replay.Job
	// Twice the process is gone in the middle, once the job is cancelled.
	for i, end := range []string{"crash", "cancel", "crash", ""} {
		s := r.Session()
		if i == 0 {
			order := replaytest.Order()
			order.Rate = 100 // a cancellation is read long before the job ends
			job = r.Job(s, order)
		} else {
			job, _ = s.Book().Job(job.ID)
		}
		ctx, crash := context.WithCancel(t.Context())
		passed := job.Counts.Passed()
		opts := replay.Options{Patience: 10 * time.Second, Who: "a server", Watch: func(e replay.Event) {
			switch {
			case e.Job.Counts.Passed() < passed+60 || end == "" || end == "cancelled":
			case end == "crash":
				crash()
			default:
				if err := r.Config.Ask(t.Context(), e.Job, "somebody else", "too early"); err != nil {
					t.Error(err)
				}
				end = "cancelled"
			}
		}}
		var err error
		if job.State.Over() {
			_, err = s.Resume(ctx, job, replay.Resumption{Who: "the second", Reason: "go on"}, opts)
		} else {
			_, err = s.Run(ctx, job, opts)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		crash()
		s.Close()
	}
	last := r.Known(job.ID)
	if last.State != replay.StateDone || last.Counts.Replayed != letters || last.Counts.Sent != letters || last.Total != letters {
		t.Errorf("job: %+v", last)
	}
	if records := r.Read(r.Config.Topics.ReplayFor(domain.SMS)); len(records) != letters {
		t.Errorf("%d replays of %d dead letters", len(records), letters)
	}
	if sent, repeated := w.Sent(); sent != letters || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	wantAudit(r,
		"replay tester: repaired", "carry_on a server: its process is gone", "cancel somebody else: too early",
		"end tester: repaired → cancelled", "resume the second: go on", "carry_on a server: its process is gone", "end the second: go on → done")
}

func TestAJobWithoutOutcomesEndsAndSaysSo(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(30)
	r.Work(replaytest.Hesitate)
	few := replaytest.Order()
	few.Limit = 3
	job := r.Run(few, replay.Options{Patience: 200 * time.Millisecond})
	if job.State != replay.StateDone || job.Counts.Unanswered() != 3 || !strings.Contains(job.Note, "3 replays had no outcome when it ended") {
		t.Errorf("few: %+v", job)
	}
	job = r.Run(replaytest.Order(), replay.Options{Patience: 200 * time.Millisecond})
	if job.State != replay.StateStopped || job.Counts.Replayed != 20 || !strings.Contains(job.Note, "is the worker running") {
		t.Errorf("many: %+v", job)
	}
}

func TestADiscardIsAMarkOnly(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(5)
	r.Produce(&kgo.Record{Topic: r.Config.Topics.DLQ, Value: []byte("not ours")})
	s := r.Session()
	o := replaytest.Order()
	o.Filter, o.Reason = index.Filter{}, "called +15550100001"
	plan := s.PlanDiscard(o)
	if n, err := s.Discard(t.Context(), o, plan); err != nil || n.Marked != 6 {
		t.Fatal(n, err)
	}
	s.Close()
	reader, _, err := r.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if got := reader.Index.Stats(index.Filter{}); got.ByStatus[index.StatusDiscarded] != 6 || got.Depth() != 0 {
		t.Errorf("stats: %+v", got)
	}
	if records := r.Read(r.Config.Topics.DLQ); len(records) != 6 {
		t.Errorf("%d records are left", len(records))
	}
	for _, record := range append(r.Read(topics.Audit), r.Read(topics.Resolutions)...) {
		if strings.Contains(string(record.Value), "15550100001") {
			t.Errorf("a number is shown: %s", record.Value)
		}
	}
}
