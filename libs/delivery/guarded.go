package delivery

import (
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// guarded is an observer whose panics are recovered: an observer only watches and must
// not change the outcome of a message.
type guarded struct{ next ports.Observer }

var _ ports.Observer = guarded{}

// watch recovers a panic of the observer and reports it to the observer, which may
// panic again.
func (g guarded) watch(ch domain.Channel) {
	if v := recover(); v != nil {
		g.Panicked(ch, v, debug.Stack())
	}
}

// Finished implements ports.Observer.
func (g guarded) Finished(ch domain.Channel, f ports.Finish) {
	defer g.watch(ch)
	g.next.Finished(ch, f)
}

// Called implements ports.Observer.
func (g guarded) Called(ch domain.Channel, c ports.Call, f *domain.Failure, took time.Duration) {
	defer g.watch(ch)
	g.next.Called(ch, c, f, took)
}

// Waiting implements ports.Observer.
func (g guarded) Waiting(ch domain.Channel, w ports.Wait, delta int) {
	defer g.watch(ch)
	g.next.Waiting(ch, w, delta)
}

// Halted implements ports.Observer.
func (g guarded) Halted(ch domain.Channel, h ports.Halt) {
	defer g.watch(ch)
	g.next.Halted(ch, h)
}

// Alert implements ports.Observer.
func (g guarded) Alert(ch domain.Channel, code, detail string) {
	defer g.watch(ch)
	g.next.Alert(ch, code, detail)
}

// AlertN implements ports.Observer.
func (g guarded) AlertN(ch domain.Channel, code, detail string, n int64) {
	defer g.watch(ch)
	g.next.AlertN(ch, code, detail, n)
}

// Sampled implements ports.Observer.
func (g guarded) Sampled(ch domain.Channel, result ports.SampleResult, age time.Duration) {
	defer g.watch(ch)
	g.next.Sampled(ch, result, age)
}

// Panicked implements ports.Observer.
func (g guarded) Panicked(ch domain.Channel, value any, stack []byte) {
	defer func() { _ = recover() }()
	g.next.Panicked(ch, value, stack)
}
