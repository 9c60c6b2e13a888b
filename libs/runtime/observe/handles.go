package observe

import (
	"maps"
	"sync"
	"sync/atomic"
)

// handles keeps what has been resolved once, such as a counter for its labels.
// Reading takes no lock: the map is replaced, never changed. It suits keys that
// soon have all been seen.
type handles[K comparable, V any] struct {
	seen atomic.Pointer[map[K]V]
	mu   sync.Mutex
}

// get returns the handle of key and makes it when there is none. build is
// called once per key, and is told how many there are already.
func (h *handles[K, V]) get(key K, build func(already int) V) V {
	if seen := h.seen.Load(); seen != nil {
		if v, ok := (*seen)[key]; ok {
			return v
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.all()
	if v, ok := old[key]; ok {
		return v
	}
	v := build(len(old))
	grown := maps.Clone(old)
	if grown == nil {
		grown = make(map[K]V)
	}
	grown[key] = v
	h.seen.Store(&grown)
	return v
}

// all returns the handles so far; they must not be changed.
func (h *handles[K, V]) all() map[K]V {
	if seen := h.seen.Load(); seen != nil {
		return *seen
	}
	return nil
}
