package observe

import (
	"maps"
	"sync"
	"sync/atomic"
)

// handles caches resolved values, such as the counter for a set of labels. Reading
// takes no lock, because the map is replaced and never modified. It suits a set of keys
// that is soon complete.
type handles[K comparable, V any] struct {
	seen atomic.Pointer[map[K]V]
	mu   sync.Mutex
}

// get returns the handle of key, and builds it if necessary. build is called once per
// key, with the number of handles so far.
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

// all returns the handles so far; the map must not be modified.
func (h *handles[K, V]) all() map[K]V {
	if seen := h.seen.Load(); seen != nil {
		return *seen
	}
	return nil
}
