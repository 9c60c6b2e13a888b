package observe

import (
	"sync"
	"time"
)

// How many log lines of the same kind are written in each window.
const (
	linesPerWindow = 5
	window         = 10 * time.Second
	// maxKeys bounds the memory; forgetting a key only costs a few more lines.
	maxKeys = 1000
)

// limiter keeps many log lines of the same kind from burying the others.
type limiter struct {
	mu   sync.Mutex
	keys map[string]*tally
}

type tally struct {
	began   time.Time
	lines   int
	dropped int
}

// allow reports whether a line may be written now, and how many of its kind were
// dropped since the last one written.
func (l *limiter) allow(key string) (dropped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	t := l.keys[key]
	if t == nil {
		if l.keys == nil || len(l.keys) >= maxKeys {
			l.keys = make(map[string]*tally)
		}
		t = &tally{began: now}
		l.keys[key] = t
	}
	if now.Sub(t.began) >= window {
		t.began, t.lines = now, 0
	}
	if t.lines >= linesPerWindow {
		t.dropped++
		return 0, false
	}
	dropped, t.dropped = t.dropped, 0
	t.lines++
	return dropped, true
}
