package receipts

import (
	"context"
	"maps"
	"runtime/debug"
	"sync"
	"time"
)

// Watcher asks one provider what became of messages. Its methods may be called
// concurrently.
type Watcher struct {
	cfg  Config
	deps Deps
	// ages are the ages at which messages are asked about, from sweep on by themselves.
	ages  []time.Duration
	sweep int

	memory *memory
	totals totals
	pause  backOff
	calls  *calls

	mu       sync.Mutex
	sections map[uint32]*Section
	epochs   uint32
	// early is the time up to which lookEarly has read the newest events.
	early time.Time
	// gapUntil is the end of the last gap that was reported.
	gapUntil time.Time
}

// New returns a Watcher; Run lets it work.
func New(cfg Config, deps Deps) *Watcher {
	w := &Watcher{cfg: cfg, deps: deps, memory: newMemory(cfg.Horizon), sections: map[uint32]*Section{}, early: time.Now()}
	w.ages, w.sweep = cfg.lookAges()
	w.pause = backOff{cfg: cfg, observer: deps.Observer}
	w.calls = newCalls(w)
	return w
}

// Run asks until ctx is over.
func (w *Watcher) Run(ctx context.Context) {
	ticker := time.NewTicker(w.cfg.Poll / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.guarded(func() { w.round(ctx) })
		case <-ctx.Done():
			return
		}
	}
}

// guarded recovers a panic: receipts must never stop the sending of messages.
func (w *Watcher) guarded(step func()) {
	defer func() {
		if v := recover(); v != nil {
			w.deps.Observer.Panicked(w.cfg.Channel, v, debug.Stack())
		}
	}()
	step()
}

// round runs one round.
func (w *Watcher) round(ctx context.Context) {
	sections := w.loaded()
	if len(sections) == 0 {
		return
	}
	for _, t := range w.memory.proven(sections) {
		t.section.put(t.job)
	}
	r := &round{w: w, sections: sections, now: time.Now()}
	if w.pause.over(r.now) {
		w.pause.learn(r.ask(ctx))
	}
	w.expire(sections)
}

// expire ends the wait for receipts that did not come within the horizon.
func (w *Watcher) expire(sections map[uint32]*Section) {
	now, patience := time.Now(), w.cfg.Horizon/lastLook
	for _, r := range w.memory.expired(now, sections, patience, len(w.ages)) {
		if t, ok := w.memory.find(sections, r); ok {
			t.section.put(t.job)
		}
	}
	// Messages with a receipt are kept longer, because a late receipt is still written.
	w.memory.forgetHeard(now.Add(-w.cfg.Horizon - 6*patience))
}

// loaded returns the loaded sections, by epoch.
func (w *Watcher) loaded() map[uint32]*Section {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := maps.Clone(w.sections)
	maps.DeleteFunc(all, func(_ uint32, l *Section) bool {
		_, loaded := l.upTo()
		return !loaded
	})
	return all
}

func (w *Watcher) sectionCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sections)
}

// joined adapts early to a newly loaded section, whose settled spans were read up to
// read: its events since then have not been looked for.
func (w *Watcher) joined(read time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if read.Before(w.early) {
		w.early = read
	}
}

// Oldest returns the offset of the oldest waiting message, by section. Sections without
// a waiting message are not in it. It covers all messages that were added before the
// call.
func (w *Watcher) Oldest() map[*Section]int64 {
	byEpoch := w.memory.oldest()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[*Section]int64, len(byEpoch))
	for epoch, offset := range byEpoch {
		if l := w.sections[epoch]; l != nil {
			all[l] = offset
		}
	}
	return all
}

// earlyUntil returns the time up to which the newest events were read.
func (w *Watcher) earlyUntil() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.early
}

// readEarly records that the newest events were read up to until, unless a section that
// begins earlier has joined since.
func (w *Watcher) readEarly(from, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.early.Equal(from) {
		w.early = until
	}
}
