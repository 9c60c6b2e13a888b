package collector

import "runtime/metrics"

// state is the runtime's report on its memory.
type state struct {
	// live is the part of the heap that the last collection found in use, other is
	// memory outside the heap, such as stacks; in bytes.
	live, other int64
}

// read reads the state.
func read() state {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	values := make([]int64, len(samples))
	for i, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			values[i] = int64(s.Value.Uint64()) //nolint:gosec // bytes of one process
		}
	}
	other := values[1]
	for _, heap := range values[2:] {
		other -= heap
	}
	return state{live: values[0], other: other}
}

// used returns how much is in use, in bytes.
func (s state) used() int64 { return s.live + s.other }

// percentWithin returns how much garbage, in percent of the live heap, fills the memory
// to the allowed part of the limit.
func (s state) percentWithin(limit int64) int {
	room := limit/100*filled - s.other - s.live
	return int(min(max(room*100/max(s.live, 1), calmPercent), busyPercent))
}
