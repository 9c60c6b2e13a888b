package ledger

import (
	"cmp"
	"slices"
	"time"
)

// pendingRecords is how many records are held back at most, several times as many as a
// lane has under way at once.
const pendingRecords = 1024

// pending holds the records that leave their keys in doubt, as they stand in the log.
// Their places are reused as soon as their keys are settled, so that most often they
// are few.
type pending struct {
	records []doubtful
	free    []int
	// last is the index in records of each key's last record.
	last map[pendingKey]int
	seen int64
}

// pendingKey is a key with its appointment.
type pendingKey struct {
	appointment appointment
	key         shortKey
}

type doubtful struct {
	value []byte
	at    time.Time
	// place is the record's position in the log.
	place int64
	// before is the index of the key's previous record, -1 for the first.
	before int
}

func newPending() pending { return pending{last: map[pendingKey]int{}} }

func (p *pending) full() bool { return len(p.free) == 0 && len(p.records) == pendingRecords }

// add keeps a copy of a record. There must be room for it.
func (p *pending) add(key pendingKey, value []byte, at time.Time) {
	before, known := p.last[key]
	if !known {
		before = -1
	}
	i := p.room()
	p.seen++
	d := &p.records[i]
	d.value, d.at, d.place, d.before = append(d.value[:0], value...), at, p.seen, before
	p.last[key] = i
}

func (p *pending) room() int {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return i
	}
	p.records = append(p.records, doubtful{})
	return len(p.records) - 1
}

// drop forgets the records of a key that was settled.
func (p *pending) drop(key pendingKey) {
	i, known := p.last[key]
	if !known {
		return
	}
	for ; i >= 0; i = p.records[i].before {
		p.free = append(p.free, i)
	}
	delete(p.last, key)
}

// take calls fn for each record, in the order of the log, and forgets them.
func (p *pending) take(fn func(value []byte, at time.Time)) {
	var all []int
	for _, i := range p.last {
		for ; i >= 0; i = p.records[i].before {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b int) int { return cmp.Compare(p.records[a].place, p.records[b].place) })
	for _, i := range all {
		fn(p.records[i].value, p.records[i].at)
	}
	p.free = append(p.free, all...)
	clear(p.last)
}
