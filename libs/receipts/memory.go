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
	// late is when those that wait were taken in that were past the horizon by then:
	// after days without a process, or given up on that late.
	horizon time.Duration
	late    map[uint64]time.Time
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
	// known is what was found of it, and writing how many receipts of it are still to
	// be written.
	known   known
	writing uint8
}

// heard is what is kept of a message once a receipt was heard of it.
type heard struct {
	offset int64
	// sentAt is in seconds since 1970.
	sentAt  uint32
	section uint32
	known   known
}

// known is what is known of a message: the highest of unconfirmed, delivered and
// undelivered, as a rank, and beside it whether it was complained about.
type known uint8

const complained known = 1 << 7

// with returns what is known with kind, and whether that is more.
func (k known) with(kind domain.ReceiptKind) (more known, news bool) {
	more = complained
	if kind != domain.ReceiptComplained {
		more = known(kind.Rank()) //nolint:gosec // there are four
	}
	if more != complained {
		more = max(k&^complained, more) | k&complained
	} else {
		more |= k
	}
	return more, more != k
}

func newMemory(horizon time.Duration) *memory {
	return &memory{
		seed: maphash.MakeSeed(), waiting: map[uint64]uint32{}, heard: map[uint64]heard{},
		horizon: horizon, late: map[uint64]time.Time{},
	}
}

func (m *memory) hash(id string) uint64 { return maphash.String(m.seed, id) }

// sent takes in a message. What a receipt was heard of waits for none, unless it
// is the heard receipt that proves that a doubtful one was sent.
func (m *memory) sent(section uint32, msg Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.hash(msg.ProviderID)
	at, waits := m.waiting[h]
	before, heard := m.heard[h]
	switch {
	case waits && heard && !msg.Doubtful && m.slots.at(at).writing == 0:
		m.drop(h, at)
		return
	case waits:
		m.again(m.slots.at(at), section, msg)
		return
	case heard && !msg.Doubtful:
		return
	}
	at = m.slots.take()
	*m.slots.at(at) = entry{
		packed: pack(msg), offset: msg.Offset, sentAt: msg.SentAt.UnixMilli(), section: section, doubtful: msg.Doubtful,
		known: before.known,
	}
	m.waiting[h] = at
	if now := time.Now(); now.Sub(msg.SentAt) >= m.horizon {
		m.late[h] = now
	}
	if msg.Doubtful {
		m.doubtful++
	}
}

// again takes in a second record of a message that waits. That it was sent stands
// over that it is doubtful, and what is doubtful again was given up on again: the
// later record is the one to be resolved.
func (m *memory) again(e *entry, section uint32, msg Message) {
	if id, _ := unpack(e.packed); id != msg.ProviderID || e.writing > 0 || msg.Doubtful && !e.doubtful {
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
	before, ok := m.heard[h]
	if at, waits := m.waiting[h]; waits {
		e := m.slots.at(at)
		if same, _ := unpack(e.packed); same != id || e.section != section {
			return
		}
		if !ok {
			before, ok = e.heard(), true
		}
		if !e.doubtful {
			m.drop(h, at)
		}
	}
	if ok {
		before.known, _ = before.known.with(kind)
		m.heard[h] = before
	}
}

// heard returns what is kept of e once a receipt was heard of it.
func (e *entry) heard() heard {
	return heard{offset: e.offset, sentAt: seconds(e.sentAt), section: e.section, known: e.known}
}

func (m *memory) drop(h uint64, at uint32) {
	if m.slots.at(at).doubtful {
		m.doubtful--
	}
	delete(m.waiting, h)
	delete(m.late, h)
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
	for h, before := range m.heard {
		if before.section == section {
			delete(m.heard, h)
		}
	}
}

// forgetHeard drops what was sent before a time.
func (m *memory) forgetHeard(before time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := seconds(before.UnixMilli())
	for h, before := range m.heard {
		if before.sentAt < limit {
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
