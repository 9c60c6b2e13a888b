package kafkaclient

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// slab holds the records of one part, and then those of another one, of whatever
// read: a record takes more than half the room of what a ledger has in it. It is a
// pool of the client (kgo.PoolRecords) that takes all records back at once. Nil is a
// slab that is not used.
type slab struct {
	records []kgo.Record
	used    int
	home    *sync.Pool
}

// slab returns one that nobody uses.
func (t *Turns) slab() *slab {
	if t == nil {
		return nil
	}
	if s, ok := t.slabs.Get().(*slab); ok {
		return s
	}
	return &slab{home: &t.slabs}
}

func (s *slab) pools() []kgo.Pool {
	if s == nil {
		return nil
	}
	return []kgo.Pool{s}
}

// GetRecords implements kgo.PoolRecords. Where there is no room the records of
// earlier batches stay in a place that is not used again.
func (s *slab) GetRecords(n int) []kgo.Record {
	if s.used+n > len(s.records) {
		s.records, s.used = make([]kgo.Record, max(n, 2*len(s.records))), 0
	}
	s.used += n
	return s.records[s.used-n : s.used : s.used]
}

// PutRecords implements kgo.PoolRecords. It is called for a batch without a record
// that counts.
func (s *slab) PutRecords([]kgo.Record) {}

// done lets go of what the records hold, and lets the next part have them.
func (s *slab) done() {
	if s == nil {
		return
	}
	clear(s.records[:s.used])
	s.used = 0
	s.home.Put(s)
}
