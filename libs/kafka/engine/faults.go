package engine

import (
	"fmt"
	"time"
)

// How often reading is tried again where it fails at once: the client itself
// would fetch again without a pause.
const (
	minFaultPause = time.Second
	maxFaultPause = 30 * time.Second
	// faultQuiet is how long a try must bring no error to count as a success: a
	// partition without new records gives no other sign.
	faultQuiet = 10 * time.Second
)

// fault is what reading one half fails on. Between the tries the half is paused
// in the client, so that the partitions beside it are read as ever.
type fault struct {
	err   error
	pause time.Duration
	// next is when the half is tried again, or, while trying is set, when the
	// try was begun.
	next   time.Time
	trying bool
	// lasting is set where the client reads no more of the partition until it is
	// assigned again.
	lasting bool
}

// broken notes that reading a half failed, and reports whether it is there.
func (l *lane) broken(topic string, err error, lasting bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.halves[topic]
	if h == nil {
		return false
	}
	if h.fault == nil {
		h.fault = &fault{}
	}
	f := h.fault
	f.err, f.lasting = err, f.lasting || lasting
	f.pause = min(max(2*f.pause, minFaultPause), maxFaultPause)
	f.next, f.trying = time.Now().Add(f.pause), false
	l.regulate(h)
	return true
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

// unread returns what reading the lane fails on.
func (l *lane) unread() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, h := range l.halves {
		if h.fault != nil {
			return fmt.Errorf("partition %d of %s cannot be read: %w", l.partition, topic, h.fault.err)
		}
	}
	return nil
}

// holds reports whether the half is not to be read now.
func (f *fault) holds() bool { return f != nil && !f.trying }
