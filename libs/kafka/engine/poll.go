package engine

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// poll moves records from the client into the lanes. Only what lies between
// PollRecords and AllowRebalance is protected from a rebalance, and nothing in
// there blocks.
func (c *Consumer) poll(ctx context.Context) {
	pace(ctx, func() bool {
		c.polled.Store(time.Now().UnixNano())
		return c.pollOnce(ctx)
	})
}

// pace repeats do until ctx is over. It waits, longer each time, after a call that
// returned false: a poll that fails may fail again at once.
func pace(ctx context.Context, do func() (again bool)) {
	var pause time.Duration
	for ctx.Err() == nil {
		if do() {
			pause = 0
			continue
		}
		pause = min(max(2*pause, minFaultPause), maxFaultPause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// pollOnce reports whether to poll again at once: it returns false after a poll that
// brought nothing but errors.
func (c *Consumer) pollOnce(ctx context.Context) (again bool) {
	timed, cancel := context.WithTimeout(ctx, c.cfg.PollTimeout)
	defer cancel()
	c.lanes.intake.due.polling(cancel)
	fetches := c.client.PollRecords(timed, c.cfg.MaxPollRecords)
	defer c.client.AllowRebalance()
	c.lanes.intake.buffered.Store(c.client.BufferedFetchRecords() > 0)
	var polled []kgo.FetchTopicPartition
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 {
			polled = append(polled, p)
		}
	})
	c.registrar.register(polled...)
	failed := false
	fetches.EachError(func(topic string, p int32, err error) {
		failed = !c.reading.failed(topic, p, err) || failed
	})
	return len(polled) > 0 || !failed
}
