package mailgun

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// LookUpAPI names the API that sends in doubt are looked up with.
type LookUpAPI string

// The ways. Mailgun has marked the Events API as deprecated in favour of Logs,
// without a date.
const (
	// LookUpAuto asks Events, and Logs if Events does not answer.
	LookUpAuto LookUpAPI = "auto"
	// LookUpEvents asks the Events API only, LookUpLogs the Logs API only.
	LookUpEvents LookUpAPI = "events"
	LookUpLogs   LookUpAPI = "logs"
)

// refusedFor is how long a path that refused is asked last. After that it is tried
// first again: the key may have got the right, and a 404 may pass.
const refusedFor = 10 * time.Minute

// path is one way to ask about messages. It may be used concurrently.
type path struct {
	// search looks up a send in doubt; each reads the rows of any other search.
	search func(context.Context, question) answer
	each   func(context.Context, search, taker) answer
	// blind returns a failure if the absence of rows proves nothing; nil if it always
	// proves something.
	blind func(ctx context.Context, domain string) answer

	mu      sync.Mutex
	refused time.Time // when it last refused; zero if it has answered since, or never refused
}

// share limits the path to an equal share of the remaining time among the left paths
// that are still to be asked, including itself.
func (p *path) share(ctx context.Context, left int, ask func(context.Context, *path) answer) answer {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	a := ask(ctx, p)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case a.failure == nil:
		p.refused = time.Time{}
	case a.failure.Class == domain.ClassUnknownOutcome && !a.final:
		p.refused = time.Now()
	}
	return a
}

// resting reports whether the path refused recently.
func (p *path) resting(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.refused.IsZero() && now.Sub(p.refused) < refusedFor
}

// paths are the ways to ask, the preferred one first.
type paths []*path

// order returns the paths in the order in which they are asked: those that refused
// recently come last.
func (all paths) order(now time.Time) paths {
	var awake, resting paths
	for _, p := range all {
		if p.resting(now) {
			resting = append(resting, p)
		} else {
			awake = append(awake, p)
		}
	}
	return append(awake, resting...)
}

// pathsOf returns the paths of api.
func (s *Sender) pathsOf(api LookUpAPI) paths {
	events := &path{search: s.searchEvents, each: s.eachEvent}
	logs := &path{search: s.searchLogs, each: s.eachLog, blind: s.blind}
	switch api {
	case LookUpEvents:
		return paths{events}
	case LookUpLogs:
		return paths{logs}
	default:
		return paths{events, logs}
	}
}
