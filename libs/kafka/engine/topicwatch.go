package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// topicsInterval is how often the topics are checked while the worker runs.
const topicsInterval = time.Minute

// topicWatch looks at the topics again while the worker runs.
type topicWatch struct {
	*lifetime
	check    func(context.Context) (partitions int, err error)
	source   string
	mismatch atomic.Pointer[error]
}

// run turns readiness off when the topics change under the worker: no lane reads the
// records of added partitions until the worker is restarted.
func (w *topicWatch) run(ctx context.Context, before int) {
	ticker := time.NewTicker(topicsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		partitions, err := w.check(ctx)
		var unreachable *kafkaclient.UnreachableError
		switch {
		case ctx.Err() != nil || errors.As(err, &unreachable):
			continue
		case err == nil && partitions != before:
			err = fmt.Errorf("%s has %d partitions now and had %d when the worker started: start it again", w.source, partitions, before)
		case err == nil:
			w.mismatch.Store(nil)
			continue
		}
		if w.mismatch.Swap(&err) == nil {
			w.log.Error("the topics are not as they were", zap.Error(err))
		}
	}
}

// err returns how the topics differ from what they were.
func (w *topicWatch) err() error {
	if err := w.mismatch.Load(); err != nil {
		return *err
	}
	return nil
}
