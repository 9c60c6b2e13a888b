package durable

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// unacked knows, for each partition, since when records wait for their acknowledgement.
// A stalled partition must be noticed even if all others work, so acknowledgements are
// counted per partition.
type unacked struct {
	mu         sync.Mutex
	count      int
	partitions map[topicPartition]*inFlight
	// idle is closed when nothing waits any more.
	idle chan struct{}
}

// inFlight holds the records of one partition, the oldest first.
type inFlight struct {
	waiting []*sent
	// relief is closed when the oldest record is recent again; nil until Late asks for
	// it.
	relief chan struct{}
}

// sent is one record that was handed to the client.
type sent struct {
	at    time.Time
	acked bool
}

func newUnacked() unacked {
	return unacked{partitions: map[topicPartition]*inFlight{}, idle: make(chan struct{})}
}

func (u *unacked) add(p topicPartition, s *sent) {
	u.mu.Lock()
	defer u.mu.Unlock()
	l := u.partitions[p]
	if l == nil {
		l = &inFlight{}
		u.partitions[p] = l
	}
	s.at = time.Now()
	l.waiting = append(l.waiting, s)
	u.count++
}

func (u *unacked) remove(p topicPartition, s *sent) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s.acked = true
	l := u.partitions[p]
	for len(l.waiting) > 0 && l.waiting[0].acked {
		l.waiting[0] = nil
		l.waiting = l.waiting[1:]
	}
	if l.relief != nil && l.age() <= delivery.ClaimPatience {
		close(l.relief)
		l.relief = nil
	}
	if u.count--; u.count == 0 {
		close(u.idle)
		u.idle = make(chan struct{})
	}
}

// age returns how long the oldest has waited.
func (l *inFlight) age() time.Duration {
	if len(l.waiting) == 0 {
		return 0
	}
	return time.Since(l.waiting[0].at)
}

// late returns nil while no record of p has waited for longer than
// delivery.ClaimPatience. Otherwise it returns a channel that is closed when
// that is so again.
func (u *unacked) late(p topicPartition) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	l := u.partitions[p]
	if l == nil || l.age() <= delivery.ClaimPatience {
		return nil
	}
	if l.relief == nil {
		l.relief = make(chan struct{})
	}
	return l.relief
}

// Late returns nil while no record of a partition has waited for its
// acknowledgement for longer than delivery.ClaimPatience. Otherwise it returns a
// channel that is closed when that is so again.
func (p *Producer) Late(topic string, partition int32) <-chan struct{} {
	return p.pending.late(topicPartition{topic, partition})
}

// wait waits until everything is acknowledged or ctx is over.
func (u *unacked) wait(ctx context.Context) error {
	for {
		u.mu.Lock()
		count, idle := u.count, u.idle
		u.mu.Unlock()
		if count == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Overdue is a partition whose oldest record has waited too long for its
// acknowledgement.
type Overdue struct {
	Topic     string
	Partition int32
	// For is how long its oldest record has waited.
	For time.Duration
	// Waiting is how many of its records wait.
	Waiting int
}

// older returns the partitions whose oldest record has waited for longer than
// limit, the one that has waited longest first.
func (u *unacked) older(limit time.Duration) []Overdue {
	u.mu.Lock()
	defer u.mu.Unlock()
	var found []Overdue
	for p, l := range u.partitions {
		if age := l.age(); age > limit {
			found = append(found, Overdue{Topic: p.topic, Partition: p.partition, For: age, Waiting: len(l.waiting)})
		}
	}
	slices.SortFunc(found, func(a, b Overdue) int {
		return cmp.Or(cmp.Compare(b.For, a.For), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return found
}
