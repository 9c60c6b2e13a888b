package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"
)

// readError tells what reading failed on. Nearly everything heals by itself;
// what cannot heal names the setting that is wrong.
func (c *Consumer) readError(topic string, p int32, err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, kgo.ErrClientClosed):
	case errors.Is(err, kerr.InconsistentGroupProtocol):
		c.fatal(fmt.Errorf("the group %s has members of another channel or program: give each channel its own KAFKA_GROUP_ID: %w", c.cfg.Group, err))
	case errors.Is(err, kerr.FencedInstanceID):
		c.fatal(fmt.Errorf("another worker has taken the instance id %s: KAFKA_GROUP_INSTANCE_ID belongs to one replica: %w", c.cfg.InstanceID, err))
	case errors.Is(err, kerr.UnknownTopicID):
		c.fatal(fmt.Errorf("%s was deleted while the worker ran; start it again once the topic is as it should be: %w", topic, err))
	default:
		c.Log.Warn("reading failed, the client goes on trying", zap.String("topic", topic), zap.Int32("partition", p), zap.Error(err))
	}
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
		var unreachable *UnreachableError
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
