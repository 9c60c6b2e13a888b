package provider

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// The reasons why a write is refused.
var (
	errLate   = errors.New("the deadline passed before the request was written")
	errReused = errors.New("an exchange carries one request only")
)

// Exchange is one request and its answer: whether any byte was written, and
// whether a complete answer was read. Make one per call with NewExchange; a
// second request on it is refused, so that nothing below the adapter can send
// twice. It belongs to the goroutine that calls the client.
type Exchange struct {
	deadline time.Time // zero: none
	used     bool
	late     bool // the deadline passed before a write; later writes are refused even if the clock is set back
	ready    bool // a connection was at hand, or the deadline was over at the start
	wrote    bool // at least one byte left

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
func (x *Exchange) Used() bool { return x.used }

// Status returns the answer's status code; 0 when no answer began.
func (x *Exchange) Status() int { return x.status }

// Header returns the answer's header; nil when no answer began.
func (x *Exchange) Header() http.Header { return x.header }

// Body returns the answer's body; nil unless Complete. It must not be changed.
func (x *Exchange) Body() []byte { return x.body }

// Complete reports whether the answer was read to its end.
func (x *Exchange) Complete() bool { return x.complete }

// start takes the exchange for one request that begins at now.
func (x *Exchange) start(deadline, now time.Time) error {
	if x.used {
		return errReused
	}
	x.used, x.deadline = true, deadline
	if x.over(now, now) {
		x.ready = true // only our own delay prevented the request
		return errLate
	}
	return nil
}

// connected records that a connection is at hand: only this process can now delay the
// request.
func (x *Exchange) connected() { x.ready = true }

// permit permits one write at now; wall is the same moment on the wall clock.
func (x *Exchange) permit(now, wall time.Time) error {
	if x.late = x.late || x.over(now, wall); x.late {
		return errLate
	}
	return nil
}

// over compares on both clocks. The monotonic clock cannot be set, but on Linux it
// stands still while a virtual machine is suspended. The wall clock goes on.
func (x *Exchange) over(now, wall time.Time) bool {
	if x.deadline.IsZero() {
		return false
	}
	return !now.Before(x.deadline) || !wall.Round(0).Before(x.deadline.Round(0))
}

// answered records a complete answer.
func (x *Exchange) answered(body []byte) { x.body, x.complete = body, true }
