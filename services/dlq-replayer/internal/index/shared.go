package index

// maxShared bounds how many values a table keeps. Other tools may write to the topic,
// with values that never repeat.
const maxShared = 10_000

// table makes equal values one.
type table[T comparable] map[T]*T

// share returns the shared value that equals v. If the table is full, a new value is
// not added.
func (t table[T]) share(v T) *T {
	if known := t.lookUp(v); known != nil {
		return known
	}
	return &v
}

// lookUp is share, except that it returns nil for a new value if the table is full.
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
