package replay

import "slices"

const (
	// trial is how many replays are out at most until as many have an outcome.
	trial = 20
	// maxOutstanding bounds the window once replays do well, and with it the
	// size of a job's state.
	maxOutstanding = 256
)

// window decides how many replays may be out without an outcome, and when a job
// has to stop because its cause is not repaired. It begins with a trial of 20
// and doubles with the outcomes; more than half of the last 20 failed again is
// the end.
type window struct {
	outstanding map[string]bool
	// recent are the last outcomes; true is a failure.
	recent   []bool
	outcomes int
}

func newWindow(outstanding []string) *window {
	w := &window{outstanding: make(map[string]bool)}
	for _, id := range outstanding {
		w.outstanding[id] = true
	}
	return w
}

// free returns how many more may go out.
func (w *window) free() int {
	size := trial
	if w.outcomes >= trial {
		size = min(2*w.outcomes, maxOutstanding)
	}
	return max(0, size-len(w.outstanding))
}

func (w *window) out(id string) { w.outstanding[id] = true }

// back counts an outcome; it returns false when none was expected for that id.
func (w *window) back(id string, failed bool) bool {
	if !w.outstanding[id] {
		return false
	}
	delete(w.outstanding, id)
	w.outcomes++
	w.recent = append(w.recent, failed)
	if len(w.recent) > trial {
		w.recent = w.recent[1:]
	}
	return true
}

// failing reports whether more than half of the last 20 failed again.
func (w *window) failing() bool {
	failures := 0
	for _, failed := range w.recent {
		if failed {
			failures++
		}
	}
	return failures > trial/2
}

// ids lists what is out, in a stable order.
func (w *window) ids() []string {
	ids := make([]string, 0, len(w.outstanding))
	for id := range w.outstanding {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
