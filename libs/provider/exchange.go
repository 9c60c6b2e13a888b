package provider

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// The reasons why a write is refused.
var (
	errLate   = errors.New("the deadline passed before the request was written")
	errSealed = errors.New("the request was given up before it was written")
	errReused = errors.New("an exchange carries one request only")
)

// Exchange is one request and its answer: whether any byte was written, and
// whether a complete answer was read. Make one per call with NewExchange; a
// second request on it is refused, so that nothing below the adapter can send
// twice.
//
// Race: when a context ends, net/http returns to its caller at once, while its
// writing goroutine may be about to write. An Exchange that had merely looked
// whether something was written would say no, and the bytes would leave a
// moment later. So the caller's question closes the door: Seal and beginWrite
// exclude each other, and the second sees the first.
//
// The accessors may be called once the request has returned.
type Exchange struct {
	mu       sync.Mutex
	deadline time.Time // zero: none
	used     bool
	sealed   bool
	ready    bool // a connection was at hand, or the deadline was over at the start
	writing  bool // a write is under way
	wrote    bool // at least one byte left
	taken    bool // net/http has read the whole body

	status   int
	header   http.Header
	body     []byte
	complete bool
}

type exchangeKey struct{}

// NewExchange returns an exchange and a context that carries it to the client.
func NewExchange(ctx context.Context) (context.Context, *Exchange) {
	x := &Exchange{}
	return context.WithValue(ctx, exchangeKey{}, x), x
}

// exchangeOf returns the exchange that ctx carries, or a new one.
func exchangeOf(ctx context.Context) *Exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x
	}
	return &Exchange{}
}

// Used reports whether a request was handed to the client at all.
func (x *Exchange) Used() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.used
}

// Seal forbids every further write and reports whether any byte was written. A
// write that is under way counts as written.
func (x *Exchange) Seal() (written bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sealed = true
	return x.wrote || x.writing
}

// Status returns the answer's status code; 0 when no answer began.
func (x *Exchange) Status() int { return x.status }

// Header returns the answer's header; nil when no answer began.
func (x *Exchange) Header() http.Header { return x.header }

// Body returns the answer's body; nil unless Complete. It must not be changed.
func (x *Exchange) Body() []byte { return x.body }

// Complete reports whether the answer was read to its end.
func (x *Exchange) Complete() bool { return x.complete }

// BodyTaken reports whether net/http has read the request's body to its end. After a
// complete answer it then reads nothing of it again, and its memory may be used
// for another: no request is replayed.
func (x *Exchange) BodyTaken() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.taken
}

// bodyTaken records that net/http has come to the end of the request.
func (x *Exchange) bodyTaken() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.taken = true
}

// start takes the exchange for one request that begins at now.
func (x *Exchange) start(deadline, now time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.used || x.sealed {
		return errReused
	}
	x.used, x.deadline = true, deadline
	if x.late(now, now) {
		x.ready = true // nothing but our own delay was in the way
		return errLate
	}
	return nil
}

// connected records that nothing but this process stands between the request
// and the socket.
func (x *Exchange) connected() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ready = true
}

// ownDelay reports whether the request could have been written in time.
func (x *Exchange) ownDelay() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ready
}

// beginWrite permits one write at now, which wall repeats for the wall clock.
func (x *Exchange) beginWrite(now, wall time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sealed {
		return errSealed
	}
	if x.late(now, wall) {
		x.sealed = true
		return errLate
	}
	x.writing = true
	return nil
}

// endWrite records how many bytes a permitted write wrote.
func (x *Exchange) endWrite(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writing = false
	x.wrote = x.wrote || n > 0
}

// late compares on both clocks. The monotonic one cannot be set, but stands
// still on Linux while a virtual machine is suspended; the wall clock does not.
func (x *Exchange) late(now, wall time.Time) bool {
	if x.deadline.IsZero() {
		return false
	}
	return !now.Before(x.deadline) || !wall.Round(0).Before(x.deadline.Round(0))
}

// givenUp reports whether the request ended without a complete answer, or is
// about to.
func (x *Exchange) givenUp() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !x.complete
}

// answered records a complete answer.
func (x *Exchange) answered(body []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.body, x.complete = body, true
}
