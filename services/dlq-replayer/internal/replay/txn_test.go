package replay_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// runToEnd runs a job over all that there is, resuming it for as long as its
// process says that it could not go on, and wants one replay of each.
func runToEnd(r *replaytest.Broker, p *replaytest.Process, letters int, opts replay.Options) {
	r.Helper()
	opts.Patience = time.Minute
	w := r.Work(replaytest.Accept)
	var id string
	for range 5 {
		s, err := p.Config.Start(r.Context())
		if err != nil {
			r.Log(err)
			continue
		}
		job, known := s.Book().Job(id)
		if !known {
			job = r.Job(s, replaytest.Order())
		}
		id = job.ID
		last, err := s.Run(r.Context(), job, opts)
		s.Close()
		if err == nil {
			wantSum(r.T, last)
			if last.State != replay.StateDone || last.Counts.Sent != letters {
				r.Errorf("job: %+v", last)
			}
			break
		}
		r.Log(err)
	}
	if n := len(r.Read(r.Config.Topics.ReplayFor(domain.SMS))); n != letters {
		r.Errorf("%d replays of %d dead letters", n, letters)
	}
	if sent, repeated := w.Sent(); sent != letters || repeated != 0 {
		r.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

// TestACommitWhoseAnswerIsLostIsOneCommit: the broker has ended the transaction,
// and the process does not know.
func TestACommitWhoseAnswerIsLostIsOneCommit(t *testing.T) {
	t.Run("the broker says that it timed out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := replaytest.NewVirtual(t, 1)
			r.Fill(120)
			for nth := range 4 {
				seen := 0
				r.Cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true, Err: kerr.RequestTimedOut, When: func(kmsg.Request) bool {
					seen++
					return seen == nth*3+1
				}})
			}
			runToEnd(r, r.Process(replaytest.Fault{}), 120, replay.Options{})
		})
	})
	for _, applied := range []bool{true, false} {
		t.Run(map[bool]string{true: "the connection breaks after it", false: "the connection breaks before it"}[applied], func(t *testing.T) {
			for write := 2; write < 14; write++ {
				synctest.Test(t, func(t *testing.T) {
					r := replaytest.NewVirtual(t, 1)
					r.Fill(120)
					runToEnd(r, r.Process(replaytest.Fault{At: write, Applied: applied, Cut: true}), 120, replay.Options{})
				})
			}
		})
	}
}

// TestACoordinatorThatMovesDisturbsNoJob: of the group that is the lock, and of
// the transactions.
func TestACoordinatorThatMovesDisturbsNoJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := replaytest.NewVirtual(t, 3)
		r.Fill(300)
		moves := 0
		runToEnd(r, r.Process(replaytest.Fault{}), 300, replay.Options{Watch: func(replay.Event) {
			if moves++; moves%10 == 0 {
				r.Cluster.RehashCoordinators()
			}
		}})
		if moves < 50 {
			t.Errorf("%d events", moves)
		}
	})
}
