package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// startTimeout bounds one attempt to give the group its positions.
const startTimeout = 10 * time.Second

// awaitTopics checks the topics and waits while no broker answers.
func (c *Consumer) awaitTopics(ctx context.Context) (int, error) {
	for pause := time.Second; ; pause = min(2*pause, 15*time.Second) {
		partitions, err := c.deps.Check(ctx)
		if err == nil {
			return partitions, nil
		}
		var unreachable *kafkaclient.UnreachableError
		if !errors.As(err, &unreachable) {
			return 0, err
		}
		c.life.log.Warn("cannot reach Kafka, trying again", zap.Error(err), zap.Duration("in", pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 0, nil
		}
	}
}

// awaitStart gives the group a position on each partition without a commit, and waits
// while that is impossible: no record may be read before.
//
// A position that is only in a member's memory is lost with it. With "latest" the next
// member would begin at the end again, behind what the first had read and not finished.
// All partitions get their positions at once, before the group is joined, because
// "latest" means the end at the group's first start: a member that asks later, on
// assignment, cannot tell a new group's partition, which begins at its end, from one
// that was added to the topic, which begins at its start. The broker takes such a
// commit only while the group has no members, so a worker that starts at the same time
// cannot change a position from which another has begun to read.
func (c *Consumer) awaitStart(ctx context.Context) error {
	client, err := kgo.NewClient(c.deps.Client...)
	if err != nil {
		return fmt.Errorf("configure the client for the group's start: %w", err)
	}
	defer client.Close()
	g := groupStart{c.cfg, kadm.NewClient(client), nil}
	for pause := time.Second; ; pause = min(2*pause, 15*time.Second) {
		err := g.commit(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		c.life.log.Warn("where the group starts cannot be committed, trying again", zap.String("group", c.cfg.Group), zap.Error(err), zap.Duration("in", pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// groupStart gives a group its first positions.
type groupStart struct {
	cfg Config
	adm *kadm.Client
	// ends is where the source ended at the first attempt: records that arrive while
	// the commit fails come after the start and are read.
	ends map[int32]kadm.ListedOffset
}

func (g *groupStart) commit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	commits, err := g.adm.FetchOffsets(ctx, g.cfg.Group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return fmt.Errorf("read the group's commits: %w", err)
	}
	latest := g.cfg.FromLatest && len(commits[g.cfg.Source]) == 0
	starts, err := g.positions(ctx, latest)
	if err != nil {
		return fmt.Errorf("read where the topics begin and end: %w", err)
	}
	starts.DeleteFunc(func(o kadm.Offset) bool {
		_, has := commits.Lookup(o.Topic, o.Partition)
		return has
	})
	if len(starts) == 0 {
		return nil
	}
	err = g.adm.CommitAllOffsets(ctx, g.cfg.Group, starts)
	switch {
	case errors.Is(err, kerr.UnknownMemberID) && !latest:
		return nil // the group has members; its partitions without a commit begin at the log's start, as here
	case errors.Is(err, kerr.UnknownMemberID):
		return fmt.Errorf("the group has members but has never committed, so where it began is not known; stop them first: %w", err)
	}
	return err
}

// positions returns where a group without a commit begins to read each partition. The
// replay topic always begins at its start: a replay that is written before its worker
// first runs must not be passed over.
func (g *groupStart) positions(ctx context.Context, latest bool) (kadm.Offsets, error) {
	begins, err := g.adm.ListStartOffsets(ctx, g.cfg.Source, g.cfg.Replay)
	if err = errors.Join(err, begins.Error()); err != nil {
		return nil, err
	}
	if latest && g.ends == nil {
		ends, err := g.adm.ListCommittedOffsets(ctx, g.cfg.Source)
		if err = errors.Join(err, ends.Error()); err != nil {
			return nil, err
		}
		g.ends = ends[g.cfg.Source]
	}
	if latest {
		begins[g.cfg.Source] = g.ends
	}
	return begins.Offsets(), nil
}
