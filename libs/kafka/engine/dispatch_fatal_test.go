package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

func TestWithoutADeadLetterTopicTheWorkerStops(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4, dlqDisabled: true}, func(r *rig) {
		r.rejecting("a-7")
		r.backlog(20)
		w := r.start()
		select {
		case <-w.ended:
		case <-time.After(time.Minute):
			t.Error("the worker goes on")
		}
		if err := w.stop(); !errors.Is(err, delivery.ErrDeadLettersDisabled) {
			t.Errorf("it ended with %v", err)
		}
		if n := w.slots.Sending(); n > 0 {
			t.Errorf("%d sends were still under way when it ended", n)
		}
		if lag := r.lag(); lag < 13 {
			t.Errorf("only %d records are not committed: the refused one is among the others", lag)
		}
	})
}
