package index

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// DefaultLimit is how many dead letters an index holds: about 100 MB of live
// memory, and twice that for the process while it reads.
const DefaultLimit = 200_000

// Index holds the newest state of each dead letter. Safe for concurrent use.
//
// At its limit it first forgets what is resolved, and then does not take in what
// is newer: the oldest are the next to be lost to retention, and replaying them
// makes room.
type Index struct {
	limit int

	mu          sync.RWMutex
	entries     map[string]*Entry
	resolutions map[string]envelope.Resolution
	// full is set when making room found nothing to forget.
	full    bool
	left    int64
	strings map[string]string
}

// New returns an empty index of at most limit dead letters.
func New(limit int) *Index {
	return &Index{
		limit: limit, entries: make(map[string]*Entry), strings: make(map[string]string),
		resolutions: make(map[string]envelope.Resolution),
	}
}

// AddDeadLetter takes a record of the dead-letter topic in.
func (x *Index) AddDeadLetter(r *kgo.Record) {
	e := newEntry(r)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.intern(&e)
	if known := x.entries[e.ID]; known != nil {
		known.merge(e)
		return
	}
	if len(x.entries) >= x.limit {
		if !x.statusOf(&e).needed() {
			return
		}
		if !x.makeRoom() {
			x.left++
			return
		}
	}
	x.entries[e.ID] = &e
}

// merge takes in another copy: the same dead letter written twice, or the one
// that a failed replay made.
func (e *Entry) merge(other Entry) {
	copies := e.Copies + 1
	if other.ReplayCount >= e.ReplayCount {
		*e = other
	}
	e.Copies = copies
}

// makeRoom forgets what is resolved.
func (x *Index) makeRoom() bool {
	if x.full {
		return false
	}
	before := len(x.entries)
	for id, e := range x.entries {
		if !x.statusOf(e).needed() {
			delete(x.entries, id)
		}
	}
	x.full = len(x.entries) == before
	return !x.full
}

// intern makes entries share the texts that repeat.
func (x *Index) intern(e *Entry) {
	x.share(&e.Code, &e.Message, &e.Group, &e.Origin.Topic, &e.ReplayJob, (*string)(&e.Channel), (*string)(&e.Class))
}

func (x *Index) internResolution(r *envelope.Resolution) {
	x.share(&r.Reason, &r.Code, &r.Job, (*string)(&r.Channel), (*string)(&r.Class), (*string)(&r.Status))
}

func (x *Index) share(texts ...*string) {
	const bound = 10_000
	for _, s := range texts {
		if shared, ok := x.strings[*s]; ok {
			*s = shared
		} else if len(x.strings) < bound {
			x.strings[*s] = *s
		}
	}
}

// AddResolution takes a record of the resolutions topic in. What is not a
// resolution is ignored.
func (x *Index) AddResolution(r *kgo.Record) {
	res, err := envelope.DecodeResolution(r.Key, r.Value)
	if errors.Is(err, envelope.ErrNotResolution) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	// A late word about an earlier replay says nothing about a later one.
	if known, ok := x.resolutions[res.ID]; ok && known.ReplayCount > res.ReplayCount {
		return
	}
	x.internResolution(&res)
	x.resolutions[res.ID] = res
	x.full = false
	if len(x.resolutions) > keptResolutions*x.limit {
		x.forgetUnknown()
	}
}

// keptResolutions is how many resolutions are kept for each dead letter that
// the index can hold. Those without a dead letter may belong to one that is
// about to be read.
const keptResolutions = 4

// ForgetUnknown drops resolutions of dead letters that the index does not hold.
func (x *Index) ForgetUnknown() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forgetUnknown()
}

func (x *Index) forgetUnknown() {
	for id := range x.resolutions {
		if x.entries[id] == nil {
			delete(x.resolutions, id)
		}
	}
}

// Trim forgets dead letters that the topic no longer holds, given the first
// offset of each partition, and what became of them.
func (x *Index) Trim(starts map[int32]int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, e := range x.entries {
		if start, ok := starts[e.Partition]; ok && e.Offset < start {
			delete(x.entries, id)
			delete(x.resolutions, id)
			x.full = false
		}
	}
}

func (x *Index) statusOf(e *Entry) Status {
	r, ok := x.resolutions[e.ID]
	return e.status(r, ok)
}

// Item is a dead letter with its status.
type Item struct {
	Entry
	Status     Status
	Resolution envelope.Resolution
}

// Select returns what f selects, the newest first.
func (x *Index) Select(f Filter) []Item {
	x.mu.RLock()
	var items []Item
	for _, e := range x.entries {
		if status := x.statusOf(e); f.Wants(status) && f.Matches(e) {
			items = append(items, Item{Entry: *e, Status: status, Resolution: x.resolutions[e.ID]})
		}
	}
	x.mu.RUnlock()
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(b.FailedAt.Compare(a.FailedAt), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
	})
	return items
}

// Status returns where the dead letter with that id stands, given how often it
// had been replayed when it was written.
func (x *Index) Status(id string, replayCount int) Status {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.statusOf(&Entry{ID: id, ReplayCount: replayCount})
}

// Resolution returns the newest word about the dead letter with that id.
func (x *Index) Resolution(id string) (envelope.Resolution, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	r, ok := x.resolutions[id]
	return r, ok
}

// Size returns how many dead letters the index holds, how many it can, and how
// many it left out because it was full.
func (x *Index) Size() (held, limit int, left int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries), x.limit, x.left
}
