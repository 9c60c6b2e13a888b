package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// reading keeps track of the partitions that cannot be read, and tries them again.
type reading struct {
	*lifetime
	cfg    *Config
	lanes  *laneSet
	expiry *expiry
	faults *faultLog

	mu sync.Mutex
	// whole holds the errors that concern no single partition, by topic; the key "" is
	// for those that concern no topic either.
	whole map[string]*unread
}

// failed acts on an error of reading. It reports whether the error was handled for its
// partition, so that only that partition waits for its next try. Nearly all errors pass
// by themselves; an error that cannot pass ends the worker and names the wrong setting.
func (r *reading) failed(topic string, p int32, err error) (handled bool) {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, kgo.ErrClientClosed):
		return true
	case errors.Is(err, kerr.InconsistentGroupProtocol):
		r.fatal(fmt.Errorf("the group %s has members of another channel or program, or of a build with another version of the ledger: "+
			"give each channel its own KAFKA_GROUP_ID, and stop all workers of the older build first: %w", r.cfg.Group, err))
	case errors.Is(err, kerr.FencedInstanceID):
		r.fatal(fmt.Errorf("another worker has taken the instance id %s: KAFKA_GROUP_INSTANCE_ID belongs to one replica: %w", r.cfg.InstanceID, err))
	}
	r.faults.failed(readingOf(topic), err)
	spell, handled := r.note(topic, p, err)
	// A broker that does not know a new topic yet returns the same code.
	if errors.Is(err, kerr.UnknownTopicID) && spell.reportable(err) {
		r.fatal(fmt.Errorf("%s was deleted while the worker ran; start it again once the topic is as it should be: %w", topic, err))
	}
	return handled
}

// note records the failure with the half that it concerns, or in whole, and returns how
// long it has lasted.
func (r *reading) note(topic string, p int32, err error) (spell, bool) {
	var tooLarge *kgo.ErrDecompressTooLarge
	if l := r.lanes.get(p); l != nil {
		if spell, ok := l.broken(topic, err, errors.As(err, &tooLarge)); ok {
			return spell, true
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.whole[topic]
	if u == nil {
		u = &unread{}
		r.whole[topic] = u
	}
	u.err = err
	u.again()
	return u.spell, false
}

type unread struct {
	spell
	err error
}

func readingOf(topic string) string {
	if topic == "" {
		return "reading as a member of the group"
	}
	return "reading " + topic
}

// fetched is called with the committed offsets of a new assignment. The client does not
// read a partition whose commit it could not get until the partition is assigned again.
func (r *reading) fetched(_ context.Context, _ *kgo.Client, resp *kmsg.OffsetFetchResponse) error {
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				l := r.lanes.get(p.Partition)
				if l == nil {
					continue
				}
				r.expiry.begin(l, t.Topic, &p)
				if err := kerr.ErrorForCode(p.ErrorCode); err == nil {
					l.place(t.Topic)
				} else {
					l.broken(t.Topic, fmt.Errorf("its commit cannot be read, start the worker again once that is mended: %w", err), true)
				}
			}
		}
	}
	return nil
}

// run retries the partitions that could not be read.
func (r *reading) run(ctx context.Context) {
	ticker := time.NewTicker(minFaultPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		failing := r.failing()
		for _, l := range r.lanes.all() {
			l.retry(failing)
		}
		for _, topic := range []string{r.cfg.Source, r.cfg.Replay, ""} {
			if !failing[topic] {
				r.faults.works(readingOf(topic))
			}
		}
	}
}

// failing forgets the errors that have not come again for a while, and returns the
// topics of the rest.
func (r *reading) failing() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	topics := map[string]bool{}
	for topic, u := range r.whole {
		if time.Since(u.last) >= faultQuiet {
			delete(r.whole, topic)
			continue
		}
		topics[topic] = true
	}
	return topics
}

// err returns a current or recent error of reading that concerns no single partition.
func (r *reading) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.whole {
		if u.reportable(u.err) {
			return fmt.Errorf("reading fails: %w", u.err)
		}
	}
	return nil
}
