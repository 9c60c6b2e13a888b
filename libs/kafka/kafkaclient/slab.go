package kafkaclient

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// slab holds the records of one part and is then reused for another part, perhaps of
// another read: kgo.Record values are more than half of the memory that reading a
// ledger takes. It is a pool of the client (kgo.PoolRecords) that takes all records
// back at once. A nil slab pools nothing.
type slab struct {
	records []kgo.Record
	used    int
	home    *sync.Pool
}

// slab returns a free slab; nil if t is nil.
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

// GetRecords implements kgo.PoolRecords. If there is no room left it allocates a new
// array; the records of earlier batches keep the old one.
func (s *slab) GetRecords(n int) []kgo.Record {
	if s.used+n > len(s.records) {
		s.records, s.used = make([]kgo.Record, max(n, 2*len(s.records))), 0
	}
	s.used += n
	return s.records[s.used-n : s.used : s.used]
}

// PutRecords implements kgo.PoolRecords. It does nothing: the client calls it for a
// batch of which it keeps no record, and done takes all records back.
func (s *slab) PutRecords([]kgo.Record) {}

// done clears the records and returns the slab to its pool.
func (s *slab) done() {
	if s == nil {
		return
	}
	clear(s.records[:s.used])
	s.used = 0
	s.home.Put(s)
}
