package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// ConcurrentSamples is how many samples are looked up at once, beside the sends
// and the look-ups of doubts.
const ConcurrentSamples = 2

// maxSamples bounds how many samples are open.
const maxSamples = 300

// Watch tests the assumption behind every "not found" (A2 of docs/PROTOCOL.md): that an
// accepted message shows in a look-up within the visibility time. It looks up a part of
// the accepted messages, with the same call that doubts use, until each is found or
// twice that time has passed.
//
// While a sample stays unseen beyond the visibility time, "not found" proves nothing
// and doubts wait. If a sample is never seen, doubts end as dead letters instead of
// being sent again. Both hold until a message that was accepted later shows in time.
//
// A nil *Watch takes no samples and trusts the provider. Safe for concurrent use.
type Watch struct {
	cfg      WatchConfig
	sender   ports.Sender
	observer ports.Observer
	asks     chan struct{}

	ctx  context.Context
	stop context.CancelFunc
	open sync.WaitGroup

	mu    sync.Mutex
	picks sampling
	view  view
}

// WatchConfig are the times of one channel, as Config has them.
type WatchConfig struct {
	Channel    domain.Channel
	Timeout    time.Duration
	Visibility time.Duration
}

// NewWatch returns a watch, which runs until Close.
func NewWatch(cfg WatchConfig, s ports.Sender, o ports.Observer) *Watch {
	ctx, stop := context.WithCancel(context.Background())
	return &Watch{
		cfg: cfg, sender: s, observer: guarded{o}, asks: make(chan struct{}, ConcurrentSamples),
		ctx: ctx, stop: stop,
	}
}

// Close ends all look-ups and waits for them. Samples that are still unseen prove
// nothing and are counted as censored.
func (w *Watch) Close() {
	w.mu.Lock()
	w.stop() // under the lock, so that no sample begins after Wait
	w.mu.Unlock()
	w.open.Wait()
}

// accepted is called for every claim whose message the provider has just accepted. It
// looks up some of them.
func (w *Watch) accepted(c *ports.Claim) {
	if w == nil {
		return
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil || !w.picks.take(now, w.rush()) {
		return
	}
	w.view.Samples++
	s := sample{watch: w, claim: *c, accepted: now}
	w.open.Go(func() {
		s.follow()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.picks.open--
	})
}

// rush is the longest time without a sample while the promise is broken: only a
// new sample can mend it. It is 0 while the promise holds.
func (w *Watch) rush() time.Duration {
	if w.view.broken.IsZero() {
		return 0
	}
	return max(w.cfg.Visibility/60, samplePause)
}

const (
	// sampleShare: one in sampleShare accepted messages is looked up.
	sampleShare = 100
	// samplePause is the shortest time between two samples.
	samplePause = time.Second
)

// sampling picks the messages that are looked up: one in a hundred, and the first
// of each hour.
type sampling struct {
	passed int
	last   time.Time
	open   int
}

// take reports whether the message that was accepted now is a sample. rush, where
// it is not 0, is the longest time without one.
func (s *sampling) take(now time.Time, rush time.Duration) bool {
	s.passed++
	since := now.Sub(s.last)
	if s.open >= maxSamples || since < samplePause {
		return false
	}
	sameHour := now.Truncate(time.Hour).Equal(s.last.Truncate(time.Hour))
	if s.passed < sampleShare && sameHour && (rush == 0 || since < rush) {
		return false
	}
	s.passed, s.last = 0, now
	s.open++
	return true
}
