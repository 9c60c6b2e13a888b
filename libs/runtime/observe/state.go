package observe

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// waits lists the waits in the order of channelState.waiting.
func waits() [4]ports.Wait {
	return [...]ports.Wait{ports.WaitRetry, ports.WaitDoubt, ports.WaitGate, ports.WaitRate}
}

// channelState is the present state of one channel.
type channelState struct {
	channel                     domain.Channel
	sent, skipped, deadLettered atomic.Int64
	// lastSent is in nanoseconds since 1970; 0 before the first.
	lastSent atomic.Int64
	waiting  [4]atomic.Int64

	mu     sync.Mutex
	halt   ports.Halt
	since  time.Time
	alerts map[string]*Alert
}

// wait returns the count of the records that wait for w; nil for an unknown one.
func (s *channelState) wait(w ports.Wait) *atomic.Int64 {
	for i, known := range waits() {
		if w == known {
			return &s.waiting[i]
		}
	}
	return nil
}

// count counts an outcome.
func (s *channelState) count(status domain.Status) {
	switch status {
	case domain.StatusSent:
		s.sent.Add(1)
		s.lastSent.Store(time.Now().UnixNano())
	case domain.StatusSkipped:
		s.skipped.Add(1)
	case domain.StatusDeadLettered:
		s.deadLettered.Add(1)
	}
}

// other stands for all codes beyond a limit.
const other = "other"

// maxAlerts bounds the memory: a code can come from a provider's answer.
const maxAlerts = 100

// alert keeps the newest alert of each code, and counts n of them. It returns the
// code to count them under.
func (s *channelState) alert(code, detail string, n int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.alerts[code]
	if a == nil {
		if len(s.alerts) >= maxAlerts {
			return other
		}
		a = &Alert{Code: code}
		s.alerts[code] = a
	}
	a.Detail, a.Last = detail, time.Now()
	a.Count += n
	return code
}

// change is the effect of a report about a halt.
type change uint8

const (
	nothingNew change = iota
	halted
	probeSet
	resumed
)

// setHalt stores h and returns its effect, and since when sending had been halted
// before.
func (s *channelState) setHalt(h ports.Halt) (what change, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.halt
	since = s.since
	s.halt = h
	switch {
	case h.Halted && !before.Halted:
		s.since = time.Now()
		return halted, s.since
	case h.Halted && (before.Class != h.Class || before.Code != h.Code):
		return halted, since
	case h.Halted:
		return probeSet, since
	case before.Halted:
		s.since = time.Time{}
		return resumed, since
	}
	return nothingNew, since
}
