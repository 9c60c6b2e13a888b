package index

import (
	"fmt"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// kind is the record of dead letters that were left out. Channels and classes that are
// not ours count as empty, because there may be any number of them.
type kind struct {
	channel domain.Channel
	class   domain.Class
}

func kindOf(e *letter) kind {
	var k kind
	if e.common.channel.Valid() {
		k.channel = e.common.channel
	}
	if slices.Contains(domain.Classes(), e.common.class) {
		k.class = e.common.class
	}
	return k
}

// LeftOut returns how many dead letters a full index left out that f may select, judged
// by channel and class. They were unresolved when they were read.
func (x *Index) LeftOut(f Filter) int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.leftOut(f)
}

func (x *Index) leftOut(f Filter) (n int64) {
	for _, g := range x.leftGroups(f) {
		n += int64(g.Count)
	}
	return n
}

func (x *Index) leftGroups(f Filter) (groups []Group) {
	for k, count := range x.left {
		if anyOf(f.Channels, string(k.channel)) && anyOf(f.Classes, string(k.class)) {
			groups = append(groups, Group{Channel: k.channel, Class: k.class, Count: int(count)})
		}
	}
	SortGroups(groups)
	return groups
}

// Overflow returns a sentence about the dead letters that a full index left out and f
// may select; empty if it left out no such dead letter.
func (x *Index) Overflow(f Filter) string {
	left := x.LeftOut(f)
	if left == 0 {
		return ""
	}
	return fmt.Sprintf("the index is full (limit %d): up to %d younger dead letters are not in it. "+
		"Replay or discard some of the older ones first", x.limit, left)
}
