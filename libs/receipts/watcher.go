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
	// ages are the ages at which a message is looked for; from sweep on by itself.
	ages  []time.Duration
	sweep int

	memory *memory
	totals totals
	pause  backOff
	calls  *calls

	mu       sync.Mutex
	sections map[uint32]*Section
	epochs   uint32
	// early is up to when the events were read for the first time.
	early time.Time
	// gapUntil is where the last gap ended that was told.
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

// guarded keeps a panic from ending the process: receipts are never worth a send.
func (w *Watcher) guarded(step func()) {
	defer func() {
		if v := recover(); v != nil {
			w.deps.Observer.Panicked(w.cfg.Channel, v, debug.Stack())
		}
	}()
	step()
}

// round does what is due now.
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

// expire ends the wait for what nothing final was heard of within the horizon.
func (w *Watcher) expire(sections map[uint32]*Section) {
	now, patience := time.Now(), w.cfg.Horizon/lastLook
	for _, r := range w.memory.expired(now, sections, patience, len(w.ages)) {
		if t, ok := w.memory.find(sections, r); ok {
			t.section.put(t.job)
		}
	}
	// A fact that comes late is still worth telling.
	w.memory.forgetHeard(now.Add(-w.cfg.Horizon - 6*patience))
}

// loaded returns the sections that are, by epoch.
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

// joined is told that a section was loaded, up to when settled spans were read for it:
// what came to pass since then nobody has looked for.
func (w *Watcher) joined(read time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if read.Before(w.early) {
		w.early = read
	}
}

// Oldest returns the offset of the oldest message that waits, by section. Sections of which
// none does are not in it. What was taken in before the call counts.
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

// earlyUntil returns up to when the newest events were read.
func (w *Watcher) earlyUntil() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.early
}

// readEarly notes that they were read up to a time, unless a section has joined since
// that begins before.
func (w *Watcher) readEarly(from, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.early.Equal(from) {
		w.early = until
	}
}
