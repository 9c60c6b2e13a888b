package index

import (
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// DefaultLimit is how many dead letters an index holds: about 50 MB of live memory, and
// twice that for the process while it reads them again.
const DefaultLimit = 200_000

// Index holds the newest state of each dead letter. Safe for concurrent use.
//
// At its limit it first forgets dead letters with a final outcome, and then leaves out
// the youngest, because the oldest are the next that retention deletes, in any
// partition. It counts the dead letters that it left out.
type Index struct {
	limit int
	now   func() time.Time

	mu          sync.RWMutex
	entries     map[id]*letter
	resolutions map[id]*resolution
	// mark counts how often the reader marked where it was, see Mark.
	mark uint32
	// crowd finds the youngest entry; nil while the index is not full.
	crowd *crowd
	// full is set if making room found nothing to forget.
	full bool
	left map[kind]int64
	// replays is how long the replays of a channel are kept.
	replays map[domain.Channel]time.Duration
	// What repeats is held once.
	messages table[string]
	commons  table[common]
	words    table[words]
	// ends is the offset after the last dead letter of each partition, changes
	// counts records and what was forgotten.
	ends    map[int32]int64
	changes uint64
	// needed and keepLetters are those of Keep.
	needed      func() []string
	keepLetters bool
}

// New returns an empty index of at most limit dead letters.
func New(limit int) *Index {
	return &Index{
		limit: limit, now: time.Now, entries: make(map[id]*letter), resolutions: make(map[id]*resolution),
		messages: make(table[string]), commons: make(table[common]), words: make(table[words]),
		left: make(map[kind]int64), ends: make(map[int32]int64),
	}
}

// KeepReplays sets the retention of a channel's replay topic: a replay gets no answer
// after that. 0 means for ever.
func (x *Index) KeepReplays(ch domain.Channel, retention time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.replays == nil {
		x.replays = make(map[domain.Channel]time.Duration)
	}
	x.replays[ch] = retention
}

// AddDeadLetter adds a record of the dead-letter topic.
func (x *Index) AddDeadLetter(r *kgo.Record) {
	entry := newEntry(r)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.changes++
	x.ends[r.Partition] = max(x.ends[r.Partition], r.Offset+1)
	e := x.compact(entry)
	if about := x.resolutions[e.id]; about != nil {
		about.letter = true
	}
	known := x.entries[e.id]
	switch {
	case known != nil:
		known.merge(e)
		x.aged(known)
	case len(x.entries) < x.limit:
		x.hold(&e)
	case x.statusOf(&e).Final():
		// Nothing is lost.
	case x.makeRoom():
		x.hold(&e)
	default:
		x.displace(&e)
	}
}

func (x *Index) hold(e *letter) {
	x.entries[e.id] = e
	x.aged(e)
}

// aged records that the age of e has changed.
func (x *Index) aged(e *letter) {
	switch {
	case x.crowd == nil:
	case len(x.crowd.members) > 4*len(x.entries)+1000: // mostly outdated members
		x.crowd = nil
	default:
		x.crowd.add(e)
	}
}

// makeRoom forgets dead letters with a final outcome.
func (x *Index) makeRoom() bool {
	if x.full {
		return false
	}
	before := len(x.entries)
	for id, e := range x.entries {
		if x.statusOf(e).Final() {
			delete(x.entries, id)
		}
	}
	if x.full = len(x.entries) == before; !x.full {
		x.crowd = nil
	}
	return !x.full
}

// displace leaves out the youngest of e and the held dead letters.
func (x *Index) displace(e *letter) {
	if x.crowd == nil {
		x.crowd = newCrowd(x.entries)
	}
	if youngest := x.crowd.youngest(x.entries); youngest != nil && e.age().before(youngest.age()) {
		delete(x.entries, youngest.id)
		x.left[kindOf(youngest)]++
		x.hold(e)
		return
	}
	x.left[kindOf(e)]++
}

// Trim forgets dead letters that the topic no longer holds, given the first offset of
// each partition, and their resolutions, unless those are needed.
func (x *Index) Trim(starts map[int32]int64) {
	needs := x.needs()
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, e := range x.entries {
		if start, ok := starts[e.partition]; ok && e.offset < start {
			delete(x.entries, id)
			if !needs[id] {
				delete(x.resolutions, id)
			}
			x.full, x.crowd = false, nil
			x.changes++
		}
	}
}

// statusOf returns the present status of e. A replay that its topic no longer keeps
// gets no answer, so its dead letter is open again. If a worker did read it at the last
// moment, its ledger, which outlives both, prevents a second send.
func (x *Index) statusOf(e *letter) Status { return x.status(e.id, int(e.replayCount)) }

func (x *Index) status(id id, replayCount int) Status {
	about := x.resolutions[id]
	if about == nil {
		return unanswered(replayCount)
	}
	word := about.word()
	status := statusAfter(word, replayCount)
	if kept := x.replays[word.Channel]; status == StatusReplaying && kept > 0 && x.now().Sub(word.At) > kept {
		return unanswered(replayCount)
	}
	return status
}

// Item is a dead letter with its status.
type Item struct {
	Entry
	Status     Status
	Resolution envelope.Resolution
}

// Select returns the items that f selects, the newest first.
func (x *Index) Select(f Filter) []Item {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var found []*letter
	m := f.matcher()
	for _, e := range x.entries {
		if f.Wants(x.statusOf(e)) && m.matches(e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, newestFirst)
	items := slices.Grow([]Item(nil), len(found))
	for _, e := range found {
		items = append(items, x.item(e))
	}
	return items
}

// Status returns the status of the dead letter with that id, given how often it had
// been replayed when it was written.
func (x *Index) Status(id string, replayCount int) Status {
	x.mu.RLock()
	defer x.mu.RUnlock()
	short, _ := idOf(id)
	return x.status(short, replayCount)
}

// Size returns how many dead letters the index holds, how many it can hold, and how
// many it left out because it was full.
func (x *Index) Size() (held, limit int, left int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries), x.limit, x.leftOut(Filter{})
}

// Roomy reports whether reading all dead letters again would add some that were left
// out: there is room for all of them, or for half an index.
func (x *Index) Roomy() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	left := x.leftOut(Filter{})
	if left == 0 {
		return false
	}
	held := 0
	for _, e := range x.entries {
		if !x.statusOf(e).Final() {
			held++
		}
	}
	return held <= x.limit/2 || int64(held)+left <= int64(x.limit)
}
