// Package keyorder computes what order per key costs: how long a sequence of
// events takes at least when events of one key are served one after another and
// everything else is free.
package keyorder

import (
	"container/heap"
	"time"
)

// Event is one record of the sequence. Both numbers count from 0.
type Event struct{ Partition, Key int }

// System is what serves the sequence.
type System struct {
	// Slots is how many events are served at a time, each for Latency.
	Slots   int
	Latency time.Duration
	// Held is how many unfinished events of one partition are known at most; one
	// that is at the cap is not read until half of them are done. 0 is no cap.
	Held int
}

// Bounds are the shortest times for a sequence.
type Bounds struct {
	// Slots is the bound that the slots alone set, Key the one of the key with
	// the most events. No order of service is faster than either.
	Slots, Key time.Duration
	// Served is how long first come, first served takes with order per key and
	// the cap on what is held.
	Served time.Duration
}

// Least returns the larger of the two bounds that hold for every order of service.
func (b Bounds) Least() time.Duration { return max(b.Slots, b.Key) }

// Of returns the bounds of a sequence.
func (s System) Of(events []Event) Bounds {
	count, most := map[int]int{}, 0
	for _, e := range events {
		count[e.Key]++
		most = max(most, count[e.Key])
	}
	rounds := (len(events) + s.Slots - 1) / s.Slots
	return Bounds{
		Slots: time.Duration(rounds) * s.Latency, Key: time.Duration(most) * s.Latency,
		Served: s.serve(events),
	}
}

func (s System) serve(events []Event) time.Duration {
	sim := simulation{system: s, queued: map[int]int{}, free: s.Slots}
	for _, e := range events {
		for len(sim.partitions) <= e.Partition {
			sim.partitions = append(sim.partitions, partition{})
		}
		p := &sim.partitions[e.Partition]
		p.unread = append(p.unread, e)
	}
	for i := range sim.partitions {
		sim.read(&sim.partitions[i])
	}
	for sim.start(); sim.running.Len() > 0; sim.start() {
		sim.finish()
	}
	return sim.now
}

// partition is what of one partition is not finished.
type partition struct {
	unread []Event
	held   int
	full   bool
}

// ended is an event that is being served.
type ended struct {
	at    time.Duration
	event Event
}

type simulation struct {
	system     System
	partitions []partition
	// queued counts the events of each key that were read and are not finished;
	// ready are the keys whose head may start.
	queued  map[int]int
	ready   []Event
	running byTime
	free    int
	now     time.Duration
}

// read takes over records until the partition is at its cap. One that was at it
// is read again when half of what it held is done.
func (s *simulation) read(p *partition) {
	limit := s.system.Held
	if limit > 0 && p.full && p.held > limit/2 {
		return
	}
	for len(p.unread) > 0 && (limit == 0 || p.held < limit) {
		e := p.unread[0]
		p.unread = p.unread[1:]
		p.held++
		if s.queued[e.Key]++; s.queued[e.Key] == 1 {
			s.ready = append(s.ready, e)
		}
	}
	p.full = limit > 0 && p.held >= limit
}

// start begins as many events as there are free slots.
func (s *simulation) start() {
	for s.free > 0 && len(s.ready) > 0 {
		s.free--
		heap.Push(&s.running, ended{s.now + s.system.Latency, s.ready[0]})
		s.ready = s.ready[1:]
	}
}

// finish ends the event that is done first.
func (s *simulation) finish() {
	e := heap.Pop(&s.running).(ended)
	s.now = e.at
	s.free++
	if s.queued[e.event.Key]--; s.queued[e.event.Key] > 0 {
		s.ready = append(s.ready, e.event)
	}
	p := &s.partitions[e.event.Partition]
	p.held--
	s.read(p)
}

// byTime is a heap of what ends first.
type byTime []ended

func (b byTime) Len() int           { return len(b) }
func (b byTime) Less(i, j int) bool { return b[i].at < b[j].at }
func (b byTime) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// Push implements heap.Interface.
func (b *byTime) Push(x any) { *b = append(*b, x.(ended)) }

// Pop implements heap.Interface.
func (b *byTime) Pop() any {
	old := *b
	last := old[len(old)-1]
	*b = old[:len(old)-1]
	return last
}
