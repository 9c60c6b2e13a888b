package engine

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// laneSet is the lanes that this member holds, whole or half, and the resources that
// they share.
type laneSet struct {
	ready  *readyList
	intake intake
	rate   *delivery.Rate
	// partitions is how many the source has. It is set before the group is joined.
	partitions int
	source     string

	mu sync.Mutex
	// reader is the group's client.
	reader reader
	lanes  map[int32]*lane
}

func newLaneSet(source string, rate *delivery.Rate) *laneSet {
	return &laneSet{source: source, ready: newReadyList(), rate: rate, lanes: map[int32]*lane{}}
}

// assign attaches partitions to their lanes and serves each lane whose both
// halves are there. serve is called under mu and must not block.
func (s *laneSet) assign(added map[string][]int32, serve func(*lane)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A pause outlives revoke and assignment by the client's design.
	s.reader.ResumeFetchPartitions(added)
	for topic, partitions := range added {
		for _, p := range partitions {
			l := s.lanes[p]
			if l == nil {
				l = newLane(p, s.source, s.ready, &s.intake, s.reader)
				s.lanes[p] = l
			}
			if l.attach(topic) == 2 {
				serve(l)
			}
		}
	}
	s.share()
}

// drop detaches partitions from their lanes and returns the lanes of which one
// half is left.
func (s *laneSet) drop(gone map[string][]int32) (halved []*lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			if l := s.lanes[p]; l != nil && l.detach(topic) == 0 {
				delete(s.lanes, p)
			}
		}
	}
	for _, l := range s.lanes {
		if l.halved() {
			halved = append(halved, l)
		}
	}
	s.share()
	return halved
}

// share divides the caps of the process among the lanes and sets this member's part of
// the group's rate limit. The caller holds mu.
func (s *laneSet) share() {
	s.intake.halves.Store(int64(2 * len(s.lanes)))
	s.rate.Share(len(s.lanes), s.partitions)
}

// get returns the lane of a partition, nil where it is not assigned.
func (s *laneSet) get(p int32) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lanes[p]
}

// of returns the lanes of partitions that are given up, each once.
func (s *laneSet) of(gone map[string][]int32) []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	lanes := map[int32]*lane{}
	for _, partitions := range gone {
		for _, p := range partitions {
			if l := s.lanes[p]; l != nil {
				lanes[p] = l
			}
		}
	}
	return slices.Collect(maps.Values(lanes))
}

func (s *laneSet) all() []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.lanes))
}

// forgotten returns the longest time for which a partition has been paused with nothing
// queued that would resume it.
func (s *laneSet) forgotten() time.Duration {
	paused := s.reader.PauseFetchPartitions(nil)
	if len(paused) == 0 {
		return 0
	}
	var longest time.Duration
	for _, l := range s.all() {
		longest = max(longest, l.forgotten(paused))
	}
	return longest
}
