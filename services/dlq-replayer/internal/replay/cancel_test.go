package replay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// wantAudit compares what the audit topic says, in words.
func wantAudit(r *replaytest.Broker, want ...string) {
	r.Helper()
	var got []string
	for _, a := range r.Audits() {
		text := fmt.Sprintf("%s %s: %s", a.Action, a.Who, a.Reason)
		if a.Outcome != "" {
			text += " → " + string(a.Outcome)
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		r.Errorf("audit\n got %q\nwant %q", got, want)
	}
}

// wantSum wants the counts of a job to add up.
func wantSum(t *testing.T, j replay.Job) {
	t.Helper()
	n := j.Counts.Sent + j.Counts.Failed
	for _, reasons := range []map[string]int{j.Counts.Skipped, j.Counts.Left, j.Counts.Pending} {
		for reason, count := range reasons {
			n += count
			if reason == "" || count <= 0 {
				t.Errorf("%d for the reason %q", count, reason)
			}
		}
	}
	if n != j.Total {
		t.Errorf("the counts sum up to %d of %d: %+v", n, j.Total, j.Counts)
	}
}

// submitted returns a job that waits, and one whose process died in the middle.
func submitted(r *replaytest.Broker) replay.Job {
	r.Helper()
	s := r.Session()
	defer s.Close()
	job := r.Job(s, replaytest.Order())
	if err := r.Config.Submit(r.Context(), job); err != nil {
		r.Fatal(err)
	}
	return job
}

func killed(r *replaytest.Broker) replay.Job {
	r.Helper()
	s := r.Session()
	defer s.Close()
	job := r.Job(s, replaytest.Order())
	ctx, kill := context.WithCancel(r.Context())
	defer kill()
	_, err := s.Run(ctx, job, replay.Options{Patience: time.Minute, Watch: func(e replay.Event) {
		if e.Job.Counts.Passed() >= 20 {
			kill()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		r.Fatal(err)
	}
	return job
}

func TestACancelledJobIsNotStartedAgainUnlessItIsResumed(t *testing.T) {
	for name, make := range map[string]func(*replaytest.Broker) replay.Job{"waits": submitted, "its process died": killed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := replaytest.New(t)
			r.Fill(100)
			w := r.Work(replaytest.Accept)
			job := make(r)
			// Only word is left: the lock is held. Compaction keeps it.
			if err := r.Config.Ask(t.Context(), r.Known(job.ID), "the second", "a mistake"); err != nil {
				t.Fatal(err)
			}
			r.Compact()
			before := len(r.Read(r.Config.Topics.ReplayFor(domain.SMS)))
			s := r.Session()
			known, _ := s.Book().Job(job.ID)
			last, err := s.Run(t.Context(), known, replay.Options{Patience: time.Minute})
			if err != nil || last.State != replay.StateCancelled || last.Note != "asked for by the second" {
				t.Errorf("job: %+v, %v", last, err)
			}
			wantSum(t, last)
			if a := r.Audits(); a[len(a)-2].Action != replay.ActionCancel || a[len(a)-1].Action != replay.ActionEnd {
				t.Errorf("audit: %+v", a)
			}
			if n := len(r.Read(r.Config.Topics.ReplayFor(domain.SMS))); n != before {
				t.Errorf("%d replays after the cancellation", n-before)
			}
			if _, err := s.Run(t.Context(), last, replay.Options{}); !errors.Is(err, replay.ErrOver) {
				t.Errorf("started once more: %v", err)
			}
			s.Close()
			s = r.Session()
			known, _ = s.Book().Job(job.ID)
			last, err = s.Resume(t.Context(), known, replay.Resumption{Who: "the third", Reason: "no mistake"}, replay.Options{Patience: time.Minute})
			if err != nil || last.State != replay.StateDone || last.Counts.Sent != 100 {
				t.Errorf("job: %+v, %v", last, err)
			}
			wantSum(t, last)
			if sent, repeated := w.Sent(); sent != 100 || repeated != 0 {
				t.Errorf("sent %d, repeated %d", sent, repeated)
			}
		})
	}
}

func TestACancelEndsAJobThatNobodyRuns(t *testing.T) {
	for name, make := range map[string]func(*replaytest.Broker) replay.Job{"waits": submitted, "its process died": killed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := replaytest.New(t)
			r.Fill(100)
			r.Work(replaytest.Accept)
			job := make(r)
			last, err := r.Config.Cancel(t.Context(), job.ID, "the second", "a mistake")
			if err != nil || last.State != replay.StateCancelled {
				t.Fatalf("%+v, %v", last, err)
			}
			if known := r.Known(job.ID); known.State != replay.StateCancelled || known.Selected.Len() != 100 {
				t.Errorf("job: %+v", known)
			}
			wantSum(t, last)
			audits := r.Audits()
			if a := audits[len(audits)-2]; a.Action != replay.ActionCancel || a.Who != "the second" || a.Reason != "a mistake" || a.Job != job.ID {
				t.Errorf("audit: %+v", a)
			}
			if again, err := r.Config.Cancel(t.Context(), job.ID, "the second", "again"); err != nil || again.State != replay.StateCancelled || len(r.Audits()) != len(audits) {
				t.Errorf("%+v, %v", again, err)
			}
		})
	}
	t.Run("there is none", func(t *testing.T) {
		if _, err := replaytest.New(t).Config.Cancel(t.Context(), "20260504-093000-abcdef", "somebody", ""); !errors.Is(err, replay.ErrNoJob) {
			t.Error(err)
		}
	})
}

func TestACancelWaitsForTheProcessThatRunsTheJob(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(30)
	r.Work(replaytest.Hesitate)
	s := r.Session()
	job := r.Job(s, replaytest.Order())
	ended, begun := make(chan replay.Job, 1), make(chan struct{})
	go func() {
		first := true
		last, _ := s.Run(t.Context(), job, replay.Options{Patience: time.Hour, Watch: func(replay.Event) {
			if first {
				close(begun)
			}
			first = false
		}})
		ended <- last
	}()
	<-begun
	last, err := r.Config.Cancel(t.Context(), job.ID, "the second", "")
	if err != nil || last.State != replay.StateCancelled || last.Counts.Pending[replay.PendingNoOutcome] != 20 || last.Counts.Pending[replay.PendingNotReached] != 10 {
		t.Errorf("%+v, %v", last, err)
	}
	if own := <-ended; own.State != replay.StateCancelled {
		t.Errorf("the process says %+v", own)
	}
}
