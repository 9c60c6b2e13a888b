package engine

// tracker finds the contiguous finished prefix of one partition: the only
// offsets that may be committed. Offsets that were never read (compaction,
// aborted transactions) lie between two registered ones and count as finished.
// Not safe for concurrent use.
type tracker struct {
	// entries[i] is the record of sequence number base+i.
	entries []tracked
	base    uint64
	next    int64
}

type tracked struct {
	offset int64
	done   bool
}

// register adds a record that was read and returns its sequence number, for
// done. Offsets must rise.
func (t *tracker) register(offset int64) uint64 {
	t.entries = append(t.entries, tracked{offset: offset})
	t.next = offset + 1
	return t.base + uint64(len(t.entries)) - 1
}

// pass adds a record that is finished as soon as it is read.
func (t *tracker) pass(offset int64) {
	if len(t.entries) > 0 {
		t.done(t.register(offset))
		return
	}
	t.base++
	t.next = offset + 1
}

// done marks a record as finished.
func (t *tracker) done(seq uint64) {
	t.entries[seq-t.base].done = true
	n := 0
	for n < len(t.entries) && t.entries[n].done {
		n++
	}
	t.entries = t.entries[n:]
	t.base += uint64(n)
	if len(t.entries) == 0 {
		t.entries = nil // free the memory that a long wait at the head took
	}
}

// watermark returns the offset to commit: everything below it is finished. ok
// is false as long as nothing was registered.
func (t *tracker) watermark() (offset int64, ok bool) {
	if len(t.entries) > 0 {
		return t.entries[0].offset, true
	}
	return t.next, t.next > 0
}

// window returns how many records lie between the watermark and the newest one.
func (t *tracker) window() int { return len(t.entries) }
