package durable

import "sync"

// Step is what follows an acknowledgement.
type Step interface {
	// Take takes the step. It may write, but it must not wait for acknowledgements.
	Take()
}

// relay takes the steps that follow acknowledgements, one after the other in the
// order in which they come, away from the goroutine that brings these: a promise must
// not write. A write waits while the client's buffer is full or while the batch
// limits change, and what would end that wait are the promises behind it.
//
// The goroutine ends when nothing is left. Acknowledgements come in batches, so that
// one goroutine serves many.
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

// next returns the steps that have come meanwhile, and none when serve is to end.
// taken are those before.
func (r *relay) next(taken []Step) []Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(taken)
	steps := r.steps
	r.steps = taken[:0]
	r.serving = len(steps) > 0
	return steps
}
