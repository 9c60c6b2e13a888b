package engine

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Pauses between tries of a read that fails at once: the client itself would fetch
// again without a pause.
const (
	minFaultPause = time.Second
	maxFaultPause = 30 * time.Second
	// faultQuiet is how long a try must bring no error to count as a success: a
	// partition without new records gives no other sign.
	faultQuiet = 10 * time.Second
	// leaderPatience is how long an error that the client calls retriable is not
	// reported: a leader moves, or not all brokers know the topic yet.
	leaderPatience = 5 * time.Second
)

// fault is the error that reading one half fails with. Between the tries the half is
// paused in the client, so that the other partitions are read as usual.
type fault struct {
	err   error
	spell spell
	pause time.Duration
	// next is when the half is tried again, or, while trying is set, when the
	// try was begun.
	next   time.Time
	trying bool
	// lasting is set where the client reads no more of the partition until it is
	// assigned again.
	lasting bool
}

// spell is the time from the first to the latest failure.
type spell struct{ since, last time.Time }

func (s *spell) again() {
	s.last = time.Now()
	if s.since.IsZero() {
		s.since = s.last
	}
}

// reportable reports whether err is more than the passing effect of a leader that
// moves.
func (s *spell) reportable(err error) bool {
	return !kerr.IsRetriable(err) || s.last.Sub(s.since) >= leaderPatience
}

// broken records that reading a half failed. It returns how long it has failed, and
// false if the half is not assigned.
func (l *lane) broken(topic string, err error, lasting bool) (spell, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.halves[topic]
	if h == nil {
		return spell{}, false
	}
	if h.fault == nil {
		h.fault = &fault{}
	}
	f := h.fault
	f.err, f.lasting = err, f.lasting || lasting
	f.pause = min(max(2*f.pause, minFaultPause), maxFaultPause)
	f.next, f.trying = time.Now().Add(f.pause), false
	f.spell.again()
	l.regulate(h)
	return f.spell, true
}

// retry begins the tries that are due, and ends the faults whose try was quiet.
// It adds the topics that still fail to failing.
func (l *lane) retry(failing map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, h := range l.halves {
		f, now := h.fault, time.Now()
		switch {
		case f == nil || f.lasting:
		case !f.trying && !now.Before(f.next):
			f.trying, f.next = true, now
			l.regulate(h)
		case f.trying && now.Sub(f.next) >= faultQuiet:
			h.fault = nil
		}
		if h.fault != nil {
			failing[topic] = true
		}
	}
}

// unread returns the error that reading the lane fails with.
func (l *lane) unread() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, h := range l.halves {
		if f := h.fault; f != nil && f.spell.reportable(f.err) {
			return fmt.Errorf("partition %d of %s cannot be read: %w", l.partition, topic, f.err)
		}
	}
	return nil
}

// holds reports whether the half must not be read now.
func (f *fault) holds() bool { return f != nil && !f.trying }
