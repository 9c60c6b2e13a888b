package index

// maxShared bounds how many values a table keeps for others to share. Others may
// write to the topic as well, and what they write need not repeat.
const maxShared = 10_000

// table makes equal values one.
type table[T comparable] map[T]*T

// share returns the one value that equals v. It is not in the table where that
// is full.
func (t table[T]) share(v T) *T {
	if known := t.lookUp(v); known != nil {
		return known
	}
	return &v
}

// lookUp is share but for a full table: then it returns nil for a new value.
func (t table[T]) lookUp(v T) *T {
	if known, ok := t[v]; ok {
		return known
	}
	if len(t) >= maxShared {
		return nil
	}
	t[v] = &v
	return t[v]
}
