package delivery

import "time"

// WatchStatus is what the samples of a channel showed since the process started.
type WatchStatus struct {
	// VisibilitySeconds is the promise: how long a message may take to show.
	VisibilitySeconds float64 `json:"visibility_seconds"`
	// MaxSeconds is the longest time that a sample took to show, found by asking
	// at doubling ages: the true one is up to half of it shorter. Samples that
	// never showed are not in it.
	MaxSeconds float64 `json:"max_seconds"`
	Samples    int     `json:"samples"`
	Seen       int     `json:"seen"`
	// Overdue counts the samples that are unseen beyond the visibility time: while
	// there is one, "not found" proves nothing.
	Overdue int `json:"overdue"`
	// Never counts the samples that did not show within twice that time, Flapping those
	// that showed and disappeared again, Censored those that ended without a result.
	Never    int `json:"never"`
	Flapping int `json:"flapping"`
	Censored int `json:"censored"`
	// Trusted is false while "not found" does not prove what it should.
	Trusted bool `json:"trusted"`
}

// view sums up what the samples showed.
type view struct {
	WatchStatus
	// broken is when the youngest sample that did not show in time was accepted;
	// zero while the promise holds. lost is set when one of those never showed.
	broken time.Time
	lost   bool
}

// Status returns what the samples showed so far.
func (w *Watch) Status() WatchStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.view.WatchStatus
	s.VisibilitySeconds, s.Trusted = w.cfg.Visibility.Seconds(), w.view.broken.IsZero()
	return s
}

// seen records that a sample showed at an age.
func (v *view) seen(accepted time.Time, age, visibility time.Duration) {
	v.Seen++
	v.MaxSeconds = max(v.MaxSeconds, age.Seconds())
	if age <= visibility && accepted.After(v.broken) {
		v.broken, v.lost = time.Time{}, false
	}
}

// overdue records that a sample is unseen beyond the visibility time.
func (v *view) overdue(accepted time.Time) {
	v.Overdue++
	if accepted.After(v.broken) {
		v.broken = accepted
	}
}

// never records that an overdue sample is given up. If a later sample has shown in time
// already, that verdict stands.
func (v *view) never() {
	v.Never++
	v.lost = !v.broken.IsZero()
}

// absence is what "not found" proves about a doubt, once the visibility time is
// over.
type absence uint8

const (
	// provesAbsence: the message was not accepted.
	provesAbsence absence = iota
	// provesLate: only after the visibility time once more. A sample showed late,
	// though within twice that time, and none has shown in time since.
	provesLate
	// provesNothing: wait, a sample is unseen beyond the visibility time.
	provesNothing
	// provesNever: the provider cannot tell, since it never showed a sample.
	provesNever
)

// lost returns how many samples never showed. A doubt takes it when it begins.
func (w *Watch) lost() int {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view.Never
}

// absence returns what "not found" proves now to a doubt that began when so many
// samples were lost.
func (w *Watch) absence(lost int) absence {
	if w == nil {
		return provesAbsence
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch v := &w.view; {
	case v.Never > lost:
		return provesNever
	case v.Overdue > 0:
		return provesNothing
	case v.broken.IsZero():
		return provesAbsence
	case v.lost:
		return provesNever
	default:
		return provesLate
	}
}
