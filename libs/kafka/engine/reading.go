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

// reading knows what cannot be read, and tries it again.
type reading struct {
	*lifetime
	cfg    *Config
	lanes  *laneSet
	expiry *expiry
	faults *faultLog

	mu sync.Mutex
	// whole is what reading fails on that concerns no single partition, by topic;
	// by "" where it concerns none.
	whole map[string]*unread
}

// failed acts on what reading failed on, and reports whether reading was
// stopped for it: then only that partition waits for its next try. Nearly
// everything heals by itself; what cannot heal names the setting that is wrong.
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
	// A broker that has not heard of a new topic yet says the same.
	if errors.Is(err, kerr.UnknownTopicID) && spell.reportable(err) {
		r.fatal(fmt.Errorf("%s was deleted while the worker ran; start it again once the topic is as it should be: %w", topic, err))
	}
	return handled
}

// note keeps the failure with the half that it concerns, or for the whole, and
// returns for how long it has lasted.
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

// fetched is told of the commits that a new assignment begins at. A partition
// whose commit cannot be read is left out by the client until it is assigned
// again.
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

// run tries again what could not be read.
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

// failing forgets what has been quiet for a while, and returns the topics of the
// rest.
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

// err returns what reading fails on, or has failed on a moment ago,
// beside single partitions.
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
