package replay

import "slices"

const (
	// trial is how many replays may be outstanding until as many have an outcome.
	trial = 20
	// maxOutstanding bounds the window when replays succeed, and with it the size of a
	// job's state.
	maxOutstanding = 256
)

// window decides how many replays may be outstanding, and when a job has to stop
// because the cause of the failures is not repaired. It begins with a trial of 20 and
// doubles with the outcomes. If more than half of the last 20 failed again, the job
// stops.
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

// free returns how many more replays may be sent.
func (w *window) free() int {
	size := trial
	if w.outcomes >= trial {
		size = min(2*w.outcomes, maxOutstanding)
	}
	return max(0, size-len(w.outstanding))
}

func (w *window) out(id string) { w.outstanding[id] = true }

// back counts an outcome; it returns false if no replay of that id is outstanding.
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

// ids lists the outstanding replays, in a stable order.
func (w *window) ids() []string {
	ids := make([]string, 0, len(w.outstanding))
	for id := range w.outstanding {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
