package delivery

import (
	"math"

	"golang.org/x/time/rate"
)

// Rate is a limit that holds for a whole consumer group: each replica takes
// the share of the partitions that it owns. Safe for concurrent use.
type Rate struct {
	perSecond float64
	limiter   *rate.Limiter
	// turn is held by the one caller that waits at the limiter; the others wait for
	// their turn. A waiting caller has reserved its moment at the limit of that time.
	// If all callers waited at the limiter, a new share would take effect only after
	// the whole queue, and the reservations of a lane that was given up would be lost.
	turn chan struct{}
}

// NewRate returns a limit of perSecond sends for the whole group; 0 is unlimited. Until
// Share is called, this replica uses the whole limit.
func NewRate(perSecond float64) *Rate {
	r := &Rate{perSecond: perSecond, limiter: rate.NewLimiter(rate.Inf, 1), turn: make(chan struct{}, 1)}
	r.Share(1, 1)
	return r
}

// Share sets how many of all partitions this replica owns.
func (r *Rate) Share(owned, total int) {
	if r.perSecond <= 0 || total <= 0 {
		return
	}
	limit := r.perSecond * float64(owned) / float64(total)
	// Timers are good to about a millisecond. A burst of 20 ms keeps a high limit
	// reachable; at a low limit tokens come strictly one by one.
	r.limiter.SetBurst(max(1, int(math.Floor(limit/50))))
	r.limiter.SetLimit(rate.Limit(limit))
}

// unlimited reports whether wait returns at once.
func (r *Rate) unlimited() bool { return r.perSecond <= 0 }

func (r *Rate) wait(p patience) error {
	if err := p.acquire(r.turn); err != nil {
		return err
	}
	defer func() { <-r.turn }()
	token := r.limiter.Reserve()
	err := p.sleep(token.Delay())
	if err != nil {
		token.Cancel() // the next caller gets its moment
	}
	return err
}
