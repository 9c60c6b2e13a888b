package replay_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// evict removes the member that holds the lock from its group, as the broker
// does with one that it has not heard of.
func evict(r *replaytest.Broker) {
	r.Helper()
	client := r.NewClient()
	groups, err := kadm.NewClient(client).DescribeGroups(r.Context(), replay.Group)
	if err != nil {
		r.Fatal(err)
	}
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group = replay.Group
	for _, member := range groups[replay.Group].Members {
		leave.Members = append(leave.Members, kmsg.LeaveGroupRequestMember{MemberID: member.MemberID})
	}
	if _, err := leave.RequestWith(r.Context(), client); err != nil || len(leave.Members) != 1 {
		r.Fatal(len(leave.Members), err)
	}
}

// TestAJobThatWaitsEndsWhenItsLockIsLost: it has nothing to write that would tell
// it, and another process may hold the lock by then.
func TestAJobThatWaitsEndsWhenItsLockIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(3)
		r.Work(replaytest.Hesitate)
		s := r.Session()
		begun, failed := make(chan struct{}, 100), make(chan error)
		go func() {
			_, err := s.Run(t.Context(), r.Job(s, replaytest.Order()), replay.Options{
				Patience: 2 * time.Hour, Beat: time.Hour, Watch: func(replay.Event) { begun <- struct{}{} },
			})
			failed <- err
		}()
		<-begun
		evict(r)
		start := time.Now()
		if err := <-failed; !errors.Is(err, replay.ErrLockLost) || time.Since(start) > time.Minute {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestNothingIsWrittenOnceTheLockIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(3)
		s := r.Session()
		evict(r)
		<-time.After(10 * time.Second) // Virtual: the member hears of it with its next heartbeat.
		o := replaytest.Order()
		if done, err := s.Discard(t.Context(), o, s.PlanDiscard(o)); !errors.Is(err, replay.ErrLockLost) || done.Marked != 0 {
			t.Errorf("%+v, %v", done, err)
		}
		if n := len(r.Read(topics.Resolutions)) + len(r.Read(topics.Audit)); n != 0 {
			t.Errorf("%d records were written", n)
		}
	})
}

// TestWhatIsResolvedMeanwhileIsLeft: between the plan and its turn a dead letter
// may be resolved by others, such as by a receipt that names its message.
func TestWhatIsResolvedMeanwhileIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(40)
		w := r.Work(replaytest.Accept)
		s := r.Session()
		o := replaytest.Order()
		o.Rate = 20
		told := false
		last, err := s.Run(t.Context(), r.Job(s, o), replay.Options{Patience: time.Minute, Watch: func(replay.Event) {
			if !told {
				told = true
				resolve(r, envelope.Resolution{ID: replaytest.ID(38), Status: envelope.ResolutionSent, ReplayCount: 1})
				resolve(r, envelope.Resolution{ID: replaytest.ID(39), Status: envelope.ResolutionDiscarded})
				<-time.After(time.Second)
			}
		}})
		want := map[string]int{string(index.StatusSent): 1, string(index.StatusDiscarded): 1}
		if err != nil || last.Counts.Sent != 38 || last.Counts.Left["sent"] != want["sent"] || last.Counts.Left["discarded"] != want["discarded"] {
			t.Errorf("%+v, %v", last, err)
		}
		wantSum(t, last)
		if sent, _ := w.Sent(); sent != 38 {
			t.Errorf("%d sent", sent)
		}
	})
}

func resolve(r *replaytest.Broker, res envelope.Resolution) {
	r.Helper()
	key, value, err := envelope.EncodeResolution(res)
	if err != nil {
		r.Fatal(err)
	}
	r.Produce(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

func TestAReplayForAPartitionThatThereIsNotIsLeft(t *testing.T) {
	r := replaytest.New(t)
	d := replaytest.Letter(0, domain.SMS, domain.ClassRecipientRejected)
	d.Record.Partition = 7
	record := envelope.Record(r.Config.Topics.DLQ, d, "workers")
	record.Partition = 0
	r.Produce(record)
	r.Fill(4)
	r.Work(replaytest.Accept)
	job := r.Run(replaytest.Order(), replay.Options{})
	if job.State != replay.StateDone || job.Counts.Sent != 4 || job.Counts.Left[replay.LeftNoPartition] != 1 {
		t.Errorf("job: %+v", job)
	}
	wantSum(t, job)
}

// TestARateHoldsFromTheFirstSecond: the n-th replay is not before n/rate, however
// long the job had waited.
func TestARateHoldsFromTheFirstSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(120)
		r.Work(replaytest.Accept)
		s := r.Session()
		o := replaytest.Order()
		o.Rate = 50
		begun := time.Now()
		if _, err := s.Run(t.Context(), r.Job(s, o), replay.Options{Patience: time.Minute}); err != nil {
			t.Fatal(err)
		}
		took := time.Since(begun)
		var at []time.Duration
		for _, record := range r.Read(r.Config.Topics.ReplayFor(domain.SMS)) {
			at = append(at, record.Timestamp.Sub(begun))
		}
		slices.Sort(at)
		for i, after := range at {
			if earliest := time.Duration(float64(i+1) / o.Rate * float64(time.Second)); after < earliest-10*time.Millisecond {
				t.Fatalf("replay %d after %s, not before %s", i+1, after, earliest)
			}
		}
		if len(at) != 120 || took > 4*time.Second {
			t.Errorf("%d replays in %s", len(at), took)
		}
	})
}

// TestAJobThatWaitsShowsThatItLives: a server takes a job that is silent for dead.
func TestAJobThatWaitsShowsThatItLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(3)
		r.Work(replaytest.Hesitate)
		s := r.Session()
		job := r.Job(s, replaytest.Order())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = s.Run(ctx, job, replay.Options{Patience: time.Hour})
		}()
		<-time.After(20 * time.Second)
		for range 5 {
			<-time.After(10 * time.Second)
			if silent := time.Since(r.Known(job.ID).UpdatedAt); silent > 5*time.Second {
				t.Errorf("silent for %s", silent)
			}
		}
		stop()
		<-ended
	})
}

// TestAJobCountsAReplayThatAnotherJobOvertook: the last word about a dead
// letter is another job's, so that its own will never come.
func TestAJobCountsAReplayThatAnotherJobOvertook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(3)
		s := r.Session()
		stop := make(chan struct{})
		first, err := s.Run(t.Context(), r.Job(s, replaytest.Order()), replay.Options{Patience: time.Hour, Stop: stop, Watch: func(e replay.Event) {
			if e.Job.Counts.Replayed == 3 && e.Job.State == replay.StateRunning {
				close(stop)
			}
		}})
		if err != nil || first.State != replay.StateCancelled || first.Counts.Pending[replay.PendingNoOutcome] != 3 {
			t.Fatalf("%+v, %v", first, err)
		}
		s.Close()
		for n := range 3 { // As a worker answers the replay of a later job.
			resolve(r, envelope.Resolution{ID: replaytest.ID(n), Status: envelope.ResolutionSent, Job: "later", ReplayCount: 1})
		}
		s = r.Session()
		job, _ := s.Book().Job(first.ID)
		last, err := s.Resume(t.Context(), job, replay.Resumption{Who: "somebody", Reason: "go on"}, replay.Options{Patience: time.Second})
		if err != nil || last.State != replay.StateDone || last.Counts.Skipped[replay.SkippedOvertaken] != 3 {
			t.Errorf("%+v, %v", last, err)
		}
		wantSum(t, last)
	})
}

func TestOutcomesAfterTheEndOfAJobAreCountedWhenItIsShown(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(3)
	job := r.Run(replaytest.Order(), replay.Options{Patience: 100 * time.Millisecond})
	resolve(r, envelope.Resolution{ID: replaytest.ID(1), Status: envelope.ResolutionSent, Job: job.ID, ReplayCount: 1})
	resolve(r, envelope.Resolution{ID: replaytest.ID(2), Status: envelope.ResolutionSkipped, Reason: "appointment_past", Job: job.ID, ReplayCount: 1})
	reader, book, err := r.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	known, _ := book.Job(job.ID)
	known = known.Heard(reader.Index)
	if c := known.Counts; c.Sent != 1 || c.Skipped["appointment_past"] != 1 || c.Pending[replay.PendingNoOutcome] != 1 {
		t.Errorf("counts: %+v", c)
	}
	wantSum(t, known)
}

func TestARateThatIsNoneMakesNoJob(t *testing.T) {
	for _, rate := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, replay.MaxRate + 1} {
		if _, err := replay.NewJob(replay.Plan{Order: replay.Order{Rate: rate}}, time.Now()); !errors.Is(err, replay.ErrRate) {
			t.Errorf("%f: %v", rate, err)
		}
	}
}
