package replay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestOfTwoThatStartAtOnceOneGetsTheJob(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(50)
	refused := make(chan struct{})
	w := r.Work(func(replayed *ports.Replay) domain.Outcome {
		<-refused // The job lasts until the other one has had its answer.
		return replaytest.Accept(replayed)
	})
	results := make(chan error, 2)
	for range 2 {
		go func() {
			s, err := r.Config.Start(t.Context())
			if err != nil {
				results <- err
				return
			}
			defer s.Close()
			_, err = s.Run(t.Context(), r.Job(s, replaytest.Order()), replay.Options{Patience: 10 * time.Second})
			results <- err
		}()
	}
	if err := <-results; !errors.Is(err, replay.ErrHeld) {
		t.Errorf("the second one got: %v", err)
	}
	close(refused)
	if err := <-results; err != nil {
		t.Error(err)
	}
	if sent, repeated := w.Sent(); sent != 50 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

func TestAPausedHolderCanWriteNothingOnceAnotherHasBegun(t *testing.T) {
	r := replaytest.New(t)
	r.Fill(10)
	zombie := r.Session()
	// Another process begins to write as the replayer, as it does with the lock.
	other := r.NewClient(kgo.TransactionalID(replay.Group))
	if _, _, err := other.ProducerID(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := zombie.Run(t.Context(), r.Job(zombie, replaytest.Order()), replay.Options{Patience: time.Second})
	if !errors.Is(err, replay.ErrFenced) {
		t.Errorf("error: %v", err)
	}
	if records := r.Read(r.Config.Topics.ReplayFor(domain.SMS)); len(records) != 0 {
		t.Errorf("%d replays were written", len(records))
	}
}
