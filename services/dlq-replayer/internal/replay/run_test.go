package replay_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

func TestAReplayGoesToItsChannelOnlyVerbatimAndOnce(t *testing.T) {
	r := newRig(t)
	r.fill(7)
	r.produce(envelope.Record(r.cfg.Topics.DLQ, letter(7, domain.Email, domain.ClassRecipientRejected), "workers"))
	w := r.work(accept)
	job := r.run(order(), replay.Options{})
	if job.State != replay.StateDone || job.Total != 7 || job.Counts.Sent != 7 || job.Counts.Pending() != 0 {
		t.Errorf("job: %+v", job)
	}
	if again := r.run(order(), replay.Options{}); again.Total != 0 || again.State != replay.StateDone {
		t.Errorf("the same again: %+v", again)
	}
	if sent, doubled := w.sends(); sent != 7 || doubled != 0 {
		t.Errorf("sent %d, doubled %d", sent, doubled)
	}
	for _, topic := range []string{r.cfg.Topics.Source, r.cfg.Topics.ReplayFor(domain.Email)} {
		if records := r.read(topic); len(records) != 0 {
			t.Errorf("%d records in %s", len(records), topic)
		}
	}
	for _, record := range r.read(r.cfg.Topics.ReplayFor(domain.SMS)) {
		e, err := envelope.Decode(envelope.FromKafka(record.Headers))
		if err != nil {
			t.Fatal(err)
		}
		origin := letter(int(e.Origin.Offset), domain.SMS, "").Record
		if record.Partition != origin.Partition || string(record.Key) != string(origin.Key) || string(record.Value) != string(origin.Value) ||
			!reflect.DeepEqual(e.Headers, origin.Headers) || e.ReplayCount != 1 || e.ReplayJob != job.ID || e.AcceptDuplicate {
			t.Errorf("replayed %+v as %v", e, record)
		}
	}
}

func TestAJobWhoseCauseIsNotRepairedStopsByItself(t *testing.T) {
	r := newRig(t)
	r.fill(200)
	r.work(refuse)
	job := r.run(order(), replay.Options{})
	if job.State != replay.StateStopped || job.Counts.Replayed > 30 || job.Counts.Failed != job.Counts.Replayed || !strings.Contains(job.Note, "failed again") {
		t.Errorf("job: %+v", job)
	}
	reader, _, err := r.cfg.Open(t.Context())
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

func TestWhatAJobMadeFailIsNotSweptInByIt(t *testing.T) {
	r := newRig(t)
	r.fill(8)
	w := r.work(func(replayed *ports.Replay) domain.Outcome {
		if replayed.DeadLetterID == id(3) && replayed.Count == 1 {
			return refuse(replayed)
		}
		return accept(replayed)
	})
	job := r.run(order(), replay.Options{})
	if job.State != replay.StateDone || job.Counts.Sent != 7 || job.Counts.Failed != 1 || job.Counts.Replayed != 8 {
		t.Errorf("first job: %+v", job)
	}
	if next := r.run(order(), replay.Options{}); next.Total != 1 || next.Counts.Sent != 1 {
		t.Errorf("second job: %+v", next)
	}
	if sent, doubled := w.sends(); sent != 8 || doubled != 0 {
		t.Errorf("sent %d, doubled %d", sent, doubled)
	}
}

func TestAJobThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	r := newRig(t)
	const letters = 300
	r.fill(letters)
	w := r.work(accept)
	job := replay.NewJob(order(), nil, time.Now())
	// Twice the process is gone in the middle, once the job is cancelled.
	for _, end := range []string{"crash", "cancel", "crash", ""} {
		s := r.session()
		if job.Bounds == nil {
			job.Bounds = s.Plan(job.Order).Bounds
		} else if known, ok := s.Book().Job(job.ID); ok {
			job = known
		}
		ctx, crash := context.WithCancel(t.Context())
		passed := job.Counts.Passed()
		_, err := s.Run(ctx, job, replay.Options{Patience: 10 * time.Second, Watch: func(e replay.Event) {
			switch {
			case e.Job.Counts.Passed() < passed+60 || end == "" || end == "cancelled":
			case end == "crash":
				crash()
			default:
				if err := r.cfg.Cancel(ctx, "somebody else", e.Job); err != nil {
					t.Error(err)
				}
				end = "cancelled"
			}
		}})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		crash()
		s.Close()
	}
	reader, book, err := r.cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	last, _ := book.Job(job.ID)
	if last.State != replay.StateDone || last.Counts.Replayed != letters || last.Counts.Sent != letters || last.Total != letters {
		t.Errorf("job: %+v", last)
	}
	if records := r.read(r.cfg.Topics.ReplayFor(domain.SMS)); len(records) != letters {
		t.Errorf("%d replays of %d dead letters", len(records), letters)
	}
	if sent, doubled := w.sends(); sent != letters || doubled != 0 {
		t.Errorf("sent %d, doubled %d", sent, doubled)
	}
	var ends []string
	for _, a := range r.audits() {
		ends = append(ends, fmt.Sprintf("%s %s", a.Action, a.Outcome))
	}
	want := []string{"replay ", "resume ", "cancel ", "end cancelled", "resume ", "resume ", "end done"}
	if !reflect.DeepEqual(ends, want) {
		t.Errorf("audit\n got %q\nwant %q", ends, want)
	}
}

func TestAJobWithoutOutcomesEndsAndSaysSo(t *testing.T) {
	r := newRig(t)
	r.fill(30)
	r.work(hesitate)
	few := order()
	few.Limit = 3
	job := r.run(few, replay.Options{Patience: 200 * time.Millisecond})
	if job.State != replay.StateDone || job.Counts.Pending() != 3 || !strings.Contains(job.Note, "3 replays have no outcome yet") {
		t.Errorf("few: %+v", job)
	}
	job = r.run(order(), replay.Options{Patience: 200 * time.Millisecond})
	if job.State != replay.StateStopped || job.Counts.Replayed != 20 || !strings.Contains(job.Note, "is the worker running") {
		t.Errorf("many: %+v", job)
	}
}

func TestASecondSendIsAllowedForOneUnknownOutcomeOnly(t *testing.T) {
	r := newRig(t)
	r.fill(2)
	r.produce(envelope.Record(r.cfg.Topics.DLQ, letter(2, domain.SMS, domain.ClassUnknownOutcome), "workers"))
	r.work(accept)
	s := r.session()
	allowed := order()
	allowed.AcceptDuplicate = true
	for _, ids := range [][]string{nil, {id(0)}, {id(0), id(2)}} {
		allowed.Filter.IDs = ids
		if err := allowed.Check(s.Plan(allowed)); !errors.Is(err, replay.ErrNotSingle) {
			t.Errorf("%v: %v", ids, err)
		}
	}
	s.Close()
	allowed.Filter.IDs = []string{id(2)}
	if job := r.run(allowed, replay.Options{}); job.Counts.Sent != 1 {
		t.Errorf("job: %+v", job)
	}
	records := r.read(r.cfg.Topics.ReplayFor(domain.SMS))
	e, err := envelope.Decode(envelope.FromKafka(records[0].Headers))
	if err != nil || !e.AcceptDuplicate {
		t.Errorf("%+v, %v", e, err)
	}
	for _, a := range r.audits() {
		if !a.AcceptDuplicate || a.Reason != "repaired" || a.Who != "tester" {
			t.Errorf("audit: %+v", a)
		}
	}
}

func TestADiscardIsAMarkOnly(t *testing.T) {
	r := newRig(t)
	r.fill(5)
	r.produce(&kgo.Record{Topic: r.cfg.Topics.DLQ, Value: []byte("not ours")})
	s := r.session()
	o := order()
	o.Filter, o.Reason = index.Filter{}, "called +15550100001"
	plan := replay.PlanDiscard(s.Index(), o.Filter, s.Plan(o).Bounds)
	if n, err := s.Discard(t.Context(), o, plan); err != nil || n != 6 {
		t.Fatal(n, err)
	}
	s.Close()
	reader, _, err := r.cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if got := reader.Index.Stats(index.Filter{}); got.ByStatus[index.StatusDiscarded] != 6 || got.Depth() != 0 {
		t.Errorf("stats: %+v", got)
	}
	if records := r.read(r.cfg.Topics.DLQ); len(records) != 6 {
		t.Errorf("%d records are left", len(records))
	}
	for _, record := range append(r.read(topics.Audit), r.read(topics.Resolutions)...) {
		if strings.Contains(string(record.Value), "15550100001") {
			t.Errorf("a number is shown: %s", record.Value)
		}
	}
}
