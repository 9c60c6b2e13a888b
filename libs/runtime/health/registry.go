// Package health serves the state of a program: /livez (does it need a restart),
// /readyz (can it do its work), /status (details for people) and /metrics, from checks
// that the parts of the program register.
package health

import (
	"errors"
	"fmt"
	"sync"
)

// Check returns an error or nil. It is called for each request, perhaps concurrently,
// and has to return at once. The error is shown to all who can reach the address, so it
// must contain no recipient and no secret.
type Check func() error

// Status returns a part's section of /status, which encoding/json must be able to
// write. The rules of Check hold.
type Status func() any

// Registry collects checks. It may be used concurrently. Of two checks of the
// same kind and name the later one counts.
type Registry struct {
	mu       sync.Mutex
	live     map[string]Check
	ready    map[string]Check
	status   map[string]Status
	draining bool
}

// NewRegistry returns a registry without checks: live and ready.
func NewRegistry() *Registry {
	return &Registry{live: make(map[string]Check), ready: make(map[string]Check), status: make(map[string]Status)}
}

// AddLive adds a check that makes the program fail /livez. It must fail only if a
// restart would help, and so never because Kafka or a provider cannot be reached.
func (r *Registry) AddLive(name string, check Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[name] = check
}

// AddReady adds a check that makes the program fail /readyz.
func (r *Registry) AddReady(name string, check Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready[name] = check
}

// AddStatus adds a section to /status.
func (r *Registry) AddStatus(name string, status Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status[name] = status
}

// Drain makes /readyz fail from now on: the program is about to stop.
func (r *Registry) Drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
}

// Verdict is the result of some checks.
type Verdict struct {
	OK bool `json:"ok"`
	// Failed holds the errors, by the names of the checks.
	Failed map[string]string `json:"failed,omitempty"`
}

// Live runs the checks of /livez.
func (r *Registry) Live() Verdict { return judge(snapshot(r, r.live)) }

// Ready runs the checks of /readyz.
func (r *Registry) Ready() Verdict {
	checks := snapshot(r, r.ready)
	r.mu.Lock()
	draining := r.draining
	r.mu.Unlock()
	if draining {
		checks["shutdown"] = func() error { return errors.New("the program is stopping") }
	}
	return judge(checks)
}

// sections asks all parts for their sections of /status.
func (r *Registry) sections() map[string]any {
	sections := make(map[string]any)
	for name, status := range snapshot(r, r.status) {
		sections[name] = guarded(status)
	}
	return sections
}

// snapshot copies a map of r, so that checks run without the lock.
func snapshot[V any](r *Registry, from map[string]V) map[string]V {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := make(map[string]V, len(from))
	for name, v := range from {
		to[name] = v
	}
	return to
}

func judge(checks map[string]Check) Verdict {
	v := Verdict{OK: true}
	for name, check := range checks {
		problem, failed := guarded(func() any { return check() }).(error)
		if !failed {
			continue
		}
		if v.Failed == nil {
			v.Failed = make(map[string]string)
		}
		v.OK, v.Failed[name] = false, problem.Error()
	}
	return v
}

// guarded turns a panic into an error, so that one broken part does not hide the
// state of the others. The value of the panic may quote an event; its type
// cannot.
func guarded(status Status) (result any) {
	defer func() {
		if value := recover(); value != nil {
			result = fmt.Errorf("the check panicked with a %T", value)
		}
	}()
	return status()
}
