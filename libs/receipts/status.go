package receipts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Status is the state of a Watcher at one moment.
type Status struct {
	// Waiting counts messages without a final receipt, Doubtful those of them that may
	// not have been accepted, Watched messages with a receipt that a later one may
	// follow.
	Waiting  int `json:"waiting"`
	Doubtful int `json:"doubtful"`
	Watched  int `json:"watched"`
	// Sections counts the sections, Loading those of them that are still loading.
	Sections int `json:"sections"`
	Loading  int `json:"loading"`
	// Oldest is when the oldest waiting message was sent; nil if no message waits.
	Oldest *time.Time `json:"oldest"`
	// Settled is the time up to which all receipts that the provider will ever show
	// were read; nil if the provider's spans do not select by events, or before the
	// first.
	Settled *time.Time `json:"settled"`
	// Unavailable is nil unless the provider refuses to be asked.
	Unavailable *Unavailable `json:"unavailable"`
	// Told counts the receipts that were written since the process started.
	Told []Told `json:"told"`
	// Gaps counts the spans that could no longer be read.
	Gaps int64 `json:"gaps"`
	// Resolved counts the dead letters that a receipt proved to be sent.
	Resolved int64 `json:"resolved"`
}

// Unavailable describes the provider's refusal to be asked.
type Unavailable struct {
	Code  string    `json:"code"`
	Since time.Time `json:"since"`
}

// Told counts receipts of one kind and reason.
type Told struct {
	Kind   domain.ReceiptKind `json:"kind"`
	Reason string             `json:"reason"`
	Count  int64              `json:"count"`
}

// Status returns the present state.
func (w *Watcher) Status() Status {
	var s Status
	var oldest time.Time
	s.Waiting, s.Doubtful, s.Watched, oldest = w.memory.counts()
	if !oldest.IsZero() {
		s.Oldest = &oldest
	}
	loaded := w.loaded()
	s.Sections = w.sectionCount()
	s.Loading = s.Sections - len(loaded)
	for _, l := range loaded {
		if settled := l.Settled(); !settled.IsZero() && (s.Settled == nil || settled.Before(*s.Settled)) {
			s.Settled = &settled
		}
	}
	if f, since := w.pause.refusal(); f != nil {
		s.Unavailable = &Unavailable{Code: f.Code, Since: since}
	}
	w.totals.fill(&s)
	return s
}

// maxReasons bounds the memory; further reasons are counted as "other".
const maxReasons = 100

// totals counts the written receipts. The zero value is ready for use.
type totals struct {
	mu       sync.Mutex
	told     map[Told]int64
	gaps     int64
	resolved int64
}

func (t *totals) add(f Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.Message.Doubtful {
		t.resolved++
	}
	if f.Receipt.Kind == "" {
		return
	}
	key := Told{Kind: f.Receipt.Kind, Reason: f.Receipt.Reason}
	if _, known := t.told[key]; !known && len(t.told) >= maxReasons {
		key.Reason = "other"
	}
	if t.told == nil {
		t.told = map[Told]int64{}
	}
	t.told[key]++
}

func (t *totals) fill(s *Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Gaps, s.Resolved = t.gaps, t.resolved
	s.Told = []Told{}
	for key, n := range maps.All(t.told) {
		key.Count = n
		s.Told = append(s.Told, key)
	}
	slices.SortFunc(s.Told, func(a, b Told) int {
		return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), cmp.Compare(a.Reason, b.Reason))
	})
}

// gap alerts that the receipts of a span can no longer be read. Several looks may meet
// the same gap; it is reported once.
func (w *Watcher) gap(from, until time.Time) {
	w.mu.Lock()
	told := from.Before(w.gapUntil)
	w.gapUntil = until
	w.mu.Unlock()
	if told {
		return
	}
	w.totals.mu.Lock()
	w.totals.gaps++
	w.totals.mu.Unlock()
	w.deps.Observer.Alert(w.cfg.Channel, AlertGap, fmt.Sprintf("the provider no longer tells what became of messages between %s and %s; "+
		"what is still open is asked about one by one", from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339)))
}

// unreadable counts rows that could not be understood.
func (w *Watcher) unreadable(n int) {
	if n > 0 {
		w.deps.Observer.AlertN(w.cfg.Channel, AlertUnreadable, "the provider told something of messages that cannot be understood; it was passed over", int64(n))
	}
}
