package durable

import "sync"

// Step is what follows an acknowledgement.
type Step interface {
	// Take takes the step. It may write, but it must not wait for acknowledgements.
	Take()
}

// relay runs the steps that follow acknowledgements, one at a time and in the order in
// which they come. It runs them on a goroutine of its own, because a step may write and
// a promise must not. A write waits while the client's buffer is full or the batch
// limits change. Later promises may be what ends that wait, and the client calls one
// promise after the other.
//
// The goroutine ends when nothing is left, and the next step starts a new one.
// Acknowledgements come in batches, so one goroutine serves many.
type relay struct {
	mu      sync.Mutex
	steps   []Step
	serving bool
}

// pass hands on a step. It never blocks.
func (r *relay) pass(s Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, s)
	if !r.serving {
		r.serving = true
		go r.serve()
	}
}

func (r *relay) serve() {
	for steps := r.next(nil); len(steps) > 0; steps = r.next(steps) {
		for _, s := range steps {
			s.Take()
		}
	}
}

// next returns the steps that have come meanwhile. An empty result ends serve.
// taken are the steps that serve had before; their memory is reused.
func (r *relay) next(taken []Step) []Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(taken)
	steps := r.steps
	r.steps = taken[:0]
	r.serving = len(steps) > 0
	return steps
}
