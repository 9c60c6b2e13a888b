package index

import (
	"cmp"
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Group counts the dead letters of one channel, class and code.
type Group struct {
	Channel domain.Channel `json:"channel"`
	Class   domain.Class   `json:"class"`
	Code    string         `json:"code,omitempty"`
	Count   int            `json:"count"`
	// Oldest is when the first of them was given up; zero if unknown.
	Oldest time.Time `json:"oldest,omitzero"`
}

// Stats sums an index up.
type Stats struct {
	// ByStatus counts all dead letters.
	ByStatus map[Status]int `json:"by_status"`
	// Unresolved are the groups that are not final, the largest first.
	Unresolved []Group `json:"unresolved"`
	// Left are the groups, without codes, of the dead letters that were left out.
	Left []Group `json:"left_out_groups,omitempty"`
	// Oldest is when the oldest unresolved dead letter was given up, OldestAt when its
	// record was written, from which retention counts. Both are zero without an
	// unresolved dead letter.
	Oldest   time.Time `json:"oldest,omitzero"`
	OldestAt time.Time `json:"oldest_written,omitzero"`
	// Held is how many dead letters the index holds, Limit how many it can hold.
	// LeftOut is how many younger ones a full index left out, all of which may be
	// unresolved.
	Held    int   `json:"held"`
	Limit   int   `json:"limit"`
	LeftOut int64 `json:"left_out"`
}

// Depth counts the unresolved dead letters, including those that were left out: it is
// never 0 while there are any.
func (s Stats) Depth() int {
	depth := int(s.LeftOut)
	for status, n := range s.ByStatus {
		if !status.Final() {
			depth += n
		}
	}
	return depth
}

type groupKey struct {
	channel domain.Channel
	class   domain.Class
	code    string
}

// Stats sums up the dead letters that f selects. The statuses of f only limit ByStatus.
func (x *Index) Stats(f Filter) Stats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := Stats{ByStatus: make(map[Status]int), Held: len(x.entries), Limit: x.limit, LeftOut: x.leftOut(f), Left: x.leftGroups(f)}
	groups := make(map[groupKey]*Group)
	m := f.matcher()
	for _, e := range x.entries {
		status := x.statusOf(e)
		if !f.Wants(status) || !m.matches(e) {
			continue
		}
		s.ByStatus[status]++
		if !status.Final() {
			s.add(groups, e)
		}
	}
	for _, g := range groups {
		s.Unresolved = append(s.Unresolved, *g)
	}
	SortGroups(s.Unresolved)
	return s
}

// SortGroups puts the largest group first.
func SortGroups(groups []Group) {
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Code, b.Code))
	})
}

func (s *Stats) add(groups map[groupKey]*Group, e *letter) {
	groupOf(groups, e)
	s.Oldest, s.OldestAt = earlier(s.Oldest, timeOf(e.failed)), earlier(s.OldestAt, timeOf(e.written))
}

// groupOf adds e to its group.
func groupOf(groups map[groupKey]*Group, e *letter) {
	key := groupKey{e.common.channel, e.common.class, e.common.code}
	if groups[key] == nil {
		groups[key] = &Group{Channel: key.channel, Class: key.class, Code: key.code}
	}
	g := groups[key]
	g.Count++
	g.Oldest = earlier(g.Oldest, timeOf(e.failed))
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
