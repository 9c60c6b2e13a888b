package receipts

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// memory holds the messages that wait for a receipt, and those that have one. It may be
// used concurrently.
//
// Both are found by a 64-bit hash of the provider's id. Among a million messages two
// share a hash with a probability of 3 in 10^8; then the later one is not kept.
type memory struct {
	mu   sync.Mutex
	seed maphash.Seed
	// waiting is the place in slots of each message that waits.
	waiting map[uint64]uint32
	slots   slab
	// heard are the messages with a receipt: a bounce or a complaint may follow.
	heard map[uint64]heard
	// late holds, for waiting messages that were already past the horizon when they
	// were added, the time at which that was: after days without a process, or because
	// they were given up that late.
	horizon time.Duration
	late    map[uint64]time.Time
	// doubtful is how many of the waiting messages are doubtful.
	doubtful int
}

// entry is a message that waits.
type entry struct {
	// packed is its id and its Ref; empty for a free slot.
	packed string
	offset int64
	// sentAt is in milliseconds since 1970.
	sentAt int64
	// section is the epoch of its section.
	section uint32
	// looks is how many of the look-ups at Config.lookAges are done.
	looks    uint8
	doubtful bool
	// known is its status, and writing how many of its receipts are still to be
	// written.
	known   known
	writing uint8
}

// heard is the record of a message with a receipt.
type heard struct {
	offset int64
	// sentAt is in seconds since 1970.
	sentAt  uint32
	section uint32
	known   known
}

// known is the status of a message: the highest rank of unconfirmed, delivered and
// undelivered, and a bit that is set if it was complained about.
type known uint8

const complained known = 1 << 7

// with returns the status after a receipt of kind, and whether that is news.
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

// sent adds a message. A message with a receipt does not wait for one, unless it is
// doubtful: then that receipt proves that it was sent, which has to be written.
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

// again handles a second record of a waiting message. Sent outweighs doubtful. A
// message that is doubtful again was given up again, and its later record is the one to
// be resolved.
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

// received adds a receipt that is in the log.
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

// heard returns the record of e as a message with a receipt.
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

// forget drops all messages of a section.
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

// forgetHeard drops the messages with a receipt that were sent before a time.
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

// message returns the message that e was made of.
func (e *entry) message() Message {
	id, ref := unpack(e.packed)
	return Message{ProviderID: id, SentAt: time.UnixMilli(e.sentAt), Offset: e.offset, Ref: ref, Doubtful: e.doubtful}
}

// slabSize is how many slots are allocated at once, so that growing copies nothing.
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
