package replay_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// cutOff runs a job for all SMS until it has replayed n, and leaves it cancelled.
func cutOff(r *replaytest.Broker, n int) replay.Job {
	r.Helper()
	s := r.Session()
	defer s.Close()
	stop := make(chan struct{})
	job, err := s.Run(r.Context(), r.Job(s, replaytest.Order()), replay.Options{Patience: time.Hour, Stop: stop, Watch: func(e replay.Event) {
		if e.Job.Counts.Replayed == n && e.Job.State == replay.StateRunning {
			close(stop)
		}
	}})
	if err != nil || job.State != replay.StateCancelled || job.Counts.Pending[replay.PendingNoOutcome] != n {
		r.Fatalf("%+v, %v", job, err)
	}
	return job
}

// resume goes on with a job in a session of its own.
func resume(r *replaytest.Broker, id string) replay.Job {
	r.Helper()
	s := r.Session()
	defer s.Close()
	job, _ := s.Book().Job(id)
	job, err := s.Resume(r.Context(), job, replay.Resumption{Who: "somebody", Reason: "go on"}, replay.Options{Patience: time.Second})
	if err != nil {
		r.Fatal(err)
	}
	return job
}

// TestAJobKnowsWhatWasResolvedHoweverFullTheIndexIs: an index that is full forgets
// first what is resolved, and a job that was left to another process still selects
// it.
func TestAJobKnowsWhatWasResolvedHoweverFullTheIndexIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Config.Limit = 6
		w := r.Work(replaytest.Accept)
		r.Fill(6)
		s := r.Session()
		job := r.Job(s, replaytest.Order())
		s.Close()
		if err := r.Config.Submit(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		for n := range 4 {
			resolve(r, envelope.Resolution{ID: replaytest.ID(n), Status: envelope.ResolutionDiscarded, At: time.Now()})
		}
		for n := 6; n < 40; n++ {
			r.Produce(envelope.Record(r.Config.Topics.DLQ, replaytest.Letter(n, domain.SMS, domain.ClassRecipientRejected), "workers"))
		}
		s = r.Session()
		defer s.Close()
		known, _ := s.Book().Job(job.ID)
		last, err := s.Run(t.Context(), known, replay.Options{Patience: time.Second})
		if err != nil || last.State != replay.StateDone || last.Counts.Sent != 2 || last.Counts.Left["discarded"] != 4 {
			t.Errorf("%+v, %v", last, err)
		}
		wantSum(t, last)
		if sent, _ := w.Sent(); sent != 2 {
			t.Errorf("%d were sent, 4 of 6 had been discarded", sent)
		}
	})
}

// TestAJobLearnsTheOutcomeOfWhatRetentionDeleted: retention deletes the dead letter
// between its replay and the next look at its outcome.
func TestAJobLearnsTheOutcomeOfWhatRetentionDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(3)
		job := cutOff(r, 3)
		for n := range 3 {
			resolve(r, envelope.Resolution{ID: replaytest.ID(n), Status: envelope.ResolutionSent, Job: job.ID, ReplayCount: 1, At: time.Now()})
			r.Expire(int32(n), 1)
		}
		if shown := shownJob(t, r, job.ID); shown.Counts.Sent != 3 {
			t.Errorf("shown: %+v", shown)
		}
		if last := resume(r, job.ID); last.State != replay.StateDone || last.Counts.Sent != 3 || last.Note != "" {
			t.Errorf("resumed: %+v", last)
		}
	})
}

// TestAJobGoesOnBehindReplaysThatAnotherJobOvertook: the worker was down, a job
// stopped with as many replays out as may be, they failed, and another job repaired
// them. The first has still others to replay.
func TestAJobGoesOnBehindReplaysThatAnotherJobOvertook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 1)
		r.Fill(30)
		first := cutOff(r, 20)
		for _, id := range first.Outstanding {
			resolve(r, envelope.Resolution{ID: id, Status: envelope.ResolutionFailed, Job: first.ID, At: time.Now()})
			resolve(r, envelope.Resolution{ID: id, Status: envelope.ResolutionReplayed, Job: "later", ReplayCount: 1, At: time.Now()})
			resolve(r, envelope.Resolution{ID: id, Status: envelope.ResolutionSent, Job: "later", ReplayCount: 2, At: time.Now()})
		}
		if shown := shownJob(t, r, first.ID); shown.Counts.Skipped[replay.SkippedOvertaken] != 20 {
			t.Errorf("shown: %+v", shown.Counts)
		}
		r.Work(replaytest.Accept)
		last := resume(r, first.ID)
		if last.State != replay.StateDone || last.Counts.Sent != 10 || last.Counts.Skipped[replay.SkippedOvertaken] != 20 {
			t.Errorf("resumed: %+v", last)
		}
		wantSum(t, last)
	})
}

// shownJob returns the job as list and console show it.
func shownJob(t *testing.T, r *replaytest.Broker, id string) replay.Job {
	t.Helper()
	reader, book, err := r.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	job, _ := book.Job(id)
	return job.Heard(reader.Index)
}
