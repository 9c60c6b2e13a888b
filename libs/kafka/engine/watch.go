package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// readError acts on what reading failed on, and reports whether reading was
// stopped for it: then only that partition waits for its next try. Nearly
// everything heals by itself; what cannot heal names the setting that is wrong.
func (c *Consumer) readError(topic string, p int32, err error) (handled bool) {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, kgo.ErrClientClosed):
		return true
	case errors.Is(err, kerr.InconsistentGroupProtocol):
		c.fatal(fmt.Errorf("the group %s has members of another channel or program: give each channel its own KAFKA_GROUP_ID: %w", c.cfg.Group, err))
	case errors.Is(err, kerr.FencedInstanceID):
		c.fatal(fmt.Errorf("another worker has taken the instance id %s: KAFKA_GROUP_INSTANCE_ID belongs to one replica: %w", c.cfg.InstanceID, err))
	case errors.Is(err, kerr.UnknownTopicID):
		c.fatal(fmt.Errorf("%s was deleted while the worker ran; start it again once the topic is as it should be: %w", topic, err))
	}
	c.faults.failed(reading(topic), err)
	var tooLarge *kgo.ErrDecompressTooLarge
	if l := c.lane(p); l != nil && l.broken(topic, err, errors.As(err, &tooLarge)) {
		return true
	}
	c.unread.Store(&unread{err, time.Now()})
	return false
}

// unread is what reading fails on that concerns no single partition.
type unread struct {
	err error
	at  time.Time
}

func reading(topic string) string {
	if topic == "" {
		return "reading as a member of the group"
	}
	return "reading " + topic
}

// fetched is told of the commits that a new assignment begins at. A partition
// whose commit cannot be read is left out by the client until it is assigned
// again.
func (c *Consumer) fetched(_ context.Context, _ *kgo.Client, resp *kmsg.OffsetFetchResponse) error {
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				err := kerr.ErrorForCode(p.ErrorCode)
				if l := c.lane(p.Partition); err != nil && l != nil {
					l.broken(t.Topic, fmt.Errorf("its commit cannot be read, start the worker again once that is mended: %w", err), true)
				}
			}
		}
	}
	return nil
}

// retryLoop tries again what could not be read.
func (c *Consumer) retryLoop(ctx context.Context) {
	ticker := time.NewTicker(minFaultPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		failing := map[string]bool{}
		for _, l := range c.allLanes() {
			l.retry(failing)
		}
		failing[""] = c.unreadable() != nil
		for _, topic := range []string{c.cfg.Source, c.cfg.Replay, ""} {
			if !failing[topic] {
				c.faults.works(reading(topic))
			}
		}
	}
}

// unreadable returns what reading fails on, or has failed on a moment ago,
// beside single partitions.
func (c *Consumer) unreadable() error {
	if u := c.unread.Load(); u != nil && time.Since(u.at) < faultQuiet {
		return fmt.Errorf("reading fails: %w", u.err)
	}
	return nil
}

// topicsInterval is how often the topics are checked while the worker runs.
const topicsInterval = time.Minute

// watchTopics takes readiness away when the topics have changed under the
// worker: records on partitions that were added are in nobody's lane until it
// is started again.
func (c *Consumer) watchTopics(ctx context.Context) {
	ticker := time.NewTicker(topicsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		partitions, err := c.Check(ctx)
		var unreachable *kafkaclient.UnreachableError
		switch {
		case ctx.Err() != nil || errors.As(err, &unreachable):
			continue
		case err == nil && partitions != c.partitions:
			err = fmt.Errorf("%s has %d partitions now and had %d when the worker started: start it again", c.cfg.Source, partitions, c.partitions)
		case err == nil:
			c.mismatch.Store(nil)
			continue
		}
		if c.mismatch.Swap(&err) == nil {
			c.Log.Error("the topics are not as they were", zap.Error(err))
		}
	}
}
