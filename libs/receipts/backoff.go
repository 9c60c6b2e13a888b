package receipts

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// The codes of the alerts of this package.
const (
	// AlertGap: receipts of some time can no longer be read.
	AlertGap = "receipts.gap"
	// AlertUnavailable: the provider refuses to be asked.
	AlertUnavailable = "receipts.unavailable"
	// AlertUnreadable counts rows of the provider that cannot be understood.
	AlertUnreadable = "receipts.unreadable"
)

// Multiples of Config.Poll: the longest pause after failures (5 min at a poll of a
// minute), and that after refusals (1 h).
const (
	longestPause   = 5
	longestRefusal = 60
)

// backOff pauses the questions to a failing provider. It does not affect sending.
type backOff struct {
	cfg      Config
	observer ports.Observer

	mu       sync.Mutex
	failures int
	until    time.Time
	refused  *domain.Failure
	since    time.Time
	// failed are the messages whose last question failed; they are asked about last.
	failed map[uint64]bool
}

// over reports whether the provider may be asked.
func (b *backOff) over(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !now.Before(b.until)
}

// learn adjusts the pause to the result of a round.
func (b *backOff) learn(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures, b.refused, b.until = 0, nil, time.Time{}
		return
	}
	b.failures++
	f := failureOf(err)
	if f.Class != domain.ClassConfiguration {
		b.refused = nil
		b.until = time.Now().Add(max(f.RetryAfter, jittered(b.cfg.Poll/60, b.failures, longestPause*b.cfg.Poll)))
		return
	}
	if b.refused == nil {
		b.since = time.Now()
	}
	b.refused = f
	b.until = time.Now().Add(max(f.RetryAfter, jittered(b.cfg.Poll, b.failures, longestRefusal*b.cfg.Poll)))
	b.observer.Alert(b.cfg.Channel, AlertUnavailable,
		"the provider refuses to tell what became of messages ("+f.Code+"); sending goes on: "+f.Detail)
}

// failureOf returns err as a failure. An error without a class is transient.
func failureOf(err error) *domain.Failure {
	var f *domain.Failure
	if errors.As(err, &f) {
		return f
	}
	return &domain.Failure{Class: domain.ClassTransient, Code: "internal", Cause: err}
}

// jittered returns half to all of base·2^(n-1), at most limit.
func jittered(base time.Duration, n int, limit time.Duration) time.Duration {
	wait := limit
	if n < 30 {
		wait = min(limit, base<<(n-1))
	}
	return wait/2 + rand.N(wait/2+1)
}

// refusal returns the failure with which the provider refuses to be asked, and since
// when; nil if it does not refuse.
func (b *backOff) refusal() (*domain.Failure, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused, b.since
}

// maxFailed bounds how many failed messages are remembered.
const maxFailed = 1000

// note remembers a message whose question failed: the provider may fail for that
// message only, and must still be asked about the others.
func (b *backOff) note(c candidate, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil || len(b.failed) >= maxFailed {
		b.failed = map[uint64]bool{}
	}
	b.failed[c.hash] = true
}

// order moves the messages that failed to the end.
func (b *backOff) order(all []candidate) []candidate {
	b.mu.Lock()
	defer b.mu.Unlock()
	var good, bad []candidate
	for _, c := range all {
		if b.failed[c.hash] {
			bad = append(bad, c)
		} else {
			good = append(good, c)
		}
	}
	return slices.Concat(good, bad)
}
