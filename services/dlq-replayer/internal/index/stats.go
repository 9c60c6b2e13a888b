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
	Code    string         `json:"code"`
	Count   int            `json:"count"`
	// Oldest is when the first of them was given up.
	Oldest time.Time `json:"oldest"`
}

// Stats sums an index up.
type Stats struct {
	// ByStatus counts all dead letters.
	ByStatus map[Status]int `json:"by_status"`
	// Unresolved are the groups that need somebody, the largest first.
	Unresolved []Group `json:"unresolved"`
	// Oldest is when the oldest unresolved dead letter was given up, OldestAt
	// when its record was written: retention counts from there. Zero without any.
	Oldest   time.Time `json:"oldest,omitzero"`
	OldestAt time.Time `json:"oldest_written,omitzero"`
	// Held, Limit and LeftOut tell how much of the topic the index holds.
	Held    int   `json:"held"`
	Limit   int   `json:"limit"`
	LeftOut int64 `json:"left_out"`
}

// Depth counts the unresolved dead letters.
func (s Stats) Depth() int { return s.ByStatus[StatusOpen] + s.ByStatus[StatusParked] }

type groupKey struct {
	channel domain.Channel
	class   domain.Class
	code    string
}

// Stats sums up what f selects. The statuses that f asks for bound ByStatus
// only.
func (x *Index) Stats(f Filter) Stats {
	s := Stats{ByStatus: make(map[Status]int)}
	s.Held, s.Limit, s.LeftOut = x.Size()
	groups := make(map[groupKey]*Group)
	for _, item := range x.Select(f) {
		s.ByStatus[item.Status]++
		if !item.Status.Unresolved() {
			continue
		}
		key := groupKey{item.Channel, item.Class, item.Code}
		if groups[key] == nil {
			groups[key] = &Group{Channel: item.Channel, Class: item.Class, Code: item.Code, Oldest: item.FailedAt}
		}
		groups[key].Count++
		groups[key].Oldest = earlier(groups[key].Oldest, item.FailedAt)
		s.Oldest = earlier(s.Oldest, item.FailedAt)
		s.OldestAt = earlier(s.OldestAt, item.WrittenAt)
	}
	for _, g := range groups {
		s.Unresolved = append(s.Unresolved, *g)
	}
	slices.SortFunc(s.Unresolved, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Code, b.Code))
	})
	return s
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
