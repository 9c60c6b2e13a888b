package index

import (
	"cmp"
	"container/heap"
)

// age orders dead letters in the order in which retention deletes them. The place makes
// the order total, so that it does not depend on which partition is read first.
type age struct {
	written   int64
	partition int32
	offset    int64
}

func (l *letter) age() age { return age{l.written, l.partition, l.offset} }

// before reports whether a is older than b.
func (a age) before(b age) bool {
	return cmp.Or(cmp.Compare(a.written, b.written), cmp.Compare(a.offset, b.offset), cmp.Compare(a.partition, b.partition)) < 0
}

// crowd finds the youngest entry of a full index. It may contain entries that the index
// has dropped since, and an entry several times with earlier ages; those are skipped.
type crowd struct{ members members }

type member struct {
	age    age
	letter *letter
}

// newCrowd returns the crowd of entries.
func newCrowd(entries map[id]*letter) *crowd {
	c := &crowd{make(members, 0, len(entries)+1)}
	for _, e := range entries {
		c.members = append(c.members, member{e.age(), e})
	}
	heap.Init(&c.members)
	return c
}

func (c *crowd) add(e *letter) { heap.Push(&c.members, member{e.age(), e}) }

// youngest returns the youngest of entries; nil if entries is empty.
func (c *crowd) youngest(entries map[id]*letter) *letter {
	for len(c.members) > 0 {
		if top := c.members[0]; entries[top.letter.id] == top.letter && top.letter.age() == top.age {
			return top.letter
		}
		heap.Pop(&c.members)
	}
	return nil
}

// members implements heap.Interface, the youngest first.
type members []member

// Len implements heap.Interface.
func (m members) Len() int { return len(m) }

// Less implements heap.Interface.
func (m members) Less(i, j int) bool { return m[j].age.before(m[i].age) }

// Swap implements heap.Interface.
func (m members) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Push implements heap.Interface.
func (m *members) Push(v any) { *m = append(*m, v.(member)) }

// Pop implements heap.Interface.
func (m *members) Pop() any {
	last := len(*m) - 1
	v := (*m)[last]
	(*m)[last] = member{}
	*m = (*m)[:last]
	return v
}
