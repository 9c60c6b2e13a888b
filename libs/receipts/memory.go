package receipts

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// memory holds what waits for a receipt, and for what a receipt was heard of. It
// may be used concurrently.
//
// Both are found by a 64-bit hash of the provider's id. Of a million messages two
// share one with a probability of 3 in 10^8; of those the later one is not kept.
type memory struct {
	mu   sync.Mutex
	seed maphash.Seed
	// waiting is where in slots a message is that waits.
	waiting map[uint64]uint32
	slots   slab
	// heard are the messages of which a receipt was found: a bounce or a complaint
	// may follow.
	heard map[uint64]heard
	// doubtful is how many of those that wait are.
	doubtful int
}

// entry is a message that waits.
type entry struct {
	// packed is its id and its Ref; empty for a slot that is free.
	packed string
	offset int64
	// sentAt is in milliseconds since 1970.
	sentAt int64
	// section is the epoch of the section that it came from.
	section uint32
	// looks is how many of the looks are over.
	looks    uint8
	doubtful bool
	// found is the rank of the receipt that is being written; 0 is none.
	found uint8
}

// heard is what is kept of a message once a receipt was heard of it.
type heard struct {
	offset int64
	// sentAt is in seconds since 1970.
	sentAt  uint32
	section uint32
	rank    uint8
}

func newMemory() *memory {
	return &memory{seed: maphash.MakeSeed(), waiting: map[uint64]uint32{}, heard: map[uint64]heard{}}
}

func (m *memory) hash(id string) uint64 { return maphash.String(m.seed, id) }

// sent takes in a message. What a receipt was heard of waits for none, unless it
// is the heard receipt that proves that a doubtful one was sent.
func (m *memory) sent(section uint32, msg Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.hash(msg.ProviderID)
	at, waits := m.waiting[h]
	_, known := m.heard[h]
	switch {
	case waits && known && !msg.Doubtful && m.slots.at(at).found == 0:
		m.drop(h, at)
		return
	case waits:
		m.again(m.slots.at(at), section, msg)
		return
	case known && !msg.Doubtful:
		return
	}
	at = m.slots.take()
	*m.slots.at(at) = entry{
		packed: pack(msg), offset: msg.Offset, sentAt: msg.SentAt.UnixMilli(), section: section, doubtful: msg.Doubtful,
	}
	m.waiting[h] = at
	if msg.Doubtful {
		m.doubtful++
	}
}

// again takes in a second record of a message that waits. That it was sent stands
// over that it is doubtful, and what is doubtful again was given up on again: the
// later record is the one to be resolved.
func (m *memory) again(e *entry, section uint32, msg Message) {
	if id, _ := unpack(e.packed); id != msg.ProviderID || e.found > 0 || msg.Doubtful && !e.doubtful {
		return
	}
	if e.doubtful && !msg.Doubtful {
		m.doubtful--
		e.doubtful, e.looks = false, 0
		e.sentAt = msg.SentAt.UnixMilli()
	}
	e.packed, e.offset, e.section = pack(msg), msg.Offset, section
}

// received takes in a receipt that the log has.
func (m *memory) received(section uint32, id string, kind domain.ReceiptKind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.hash(id)
	known, ok := m.heard[h]
	if at, waits := m.waiting[h]; waits {
		e := m.slots.at(at)
		if same, _ := unpack(e.packed); same != id || e.section != section {
			return
		}
		if !ok {
			known, ok = heard{offset: e.offset, sentAt: seconds(e.sentAt), section: section}, true
		}
		if !e.doubtful {
			m.drop(h, at)
		}
	}
	if ok {
		known.rank = max(known.rank, rankOf(kind))
		m.heard[h] = known
	}
}

func rankOf(kind domain.ReceiptKind) uint8 { return uint8(kind.Rank()) } //nolint:gosec // there are four

func (m *memory) drop(h uint64, at uint32) {
	if m.slots.at(at).doubtful {
		m.doubtful--
	}
	delete(m.waiting, h)
	m.slots.free(at)
}

// forget drops all that came from a section.
func (m *memory) forget(section uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for h, at := range m.waiting {
		if m.slots.at(at).section == section {
			m.drop(h, at)
		}
	}
	for h, known := range m.heard {
		if known.section == section {
			delete(m.heard, h)
		}
	}
}

// forgetHeard drops what was sent before a time.
func (m *memory) forgetHeard(before time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := seconds(before.UnixMilli())
	for h, known := range m.heard {
		if known.sentAt < limit {
			delete(m.heard, h)
		}
	}
}

func seconds(millis int64) uint32 { return uint32(max(0, millis/1000)) } //nolint:gosec // until 2106

// message returns what e was made of.
func (e *entry) message() Message {
	id, ref := unpack(e.packed)
	return Message{ProviderID: id, SentAt: time.UnixMilli(e.sentAt), Offset: e.offset, Ref: ref, Doubtful: e.doubtful}
}

// slabSize is how many slots are made at once: growing copies nothing.
const slabSize = 1024

// slab is memory for entries that never move.
type slab struct {
	blocks [][]entry
	unused []uint32
}

func (s *slab) at(i uint32) *entry { return &s.blocks[i/slabSize][i%slabSize] }

func (s *slab) take() uint32 {
	if len(s.unused) == 0 {
		first := uint32(len(s.blocks) * slabSize) //nolint:gosec // bounded by what fits into memory
		s.blocks = append(s.blocks, make([]entry, slabSize))
		for i := range uint32(slabSize) {
			s.unused = append(s.unused, first+slabSize-1-i)
		}
	}
	last := len(s.unused) - 1
	i := s.unused[last]
	s.unused = s.unused[:last]
	return i
}

func (s *slab) free(i uint32) {
	*s.at(i) = entry{}
	s.unused = append(s.unused, i)
}
