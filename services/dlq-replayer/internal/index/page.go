package index

import (
	"cmp"
	"maps"
	"slices"
)

// Page is a part of the items that a filter selects, with counts of all of them, at one
// moment.
type Page struct {
	// Items are the newest first, from the requested position.
	Items []Item
	// Total counts all selected items, Groups counts them by channel, class and code,
	// the largest first.
	Total  int
	Groups []Group
	// ByStatus counts the items that the filter would select without its statuses.
	ByStatus map[Status]int
	// Held is how many dead letters the index holds.
	Held int
}

// Page returns the items from the from-th on, at most n. Unlike Select it copies only
// those items.
func (x *Index) Page(f Filter, from, n int) Page {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p := Page{ByStatus: make(map[Status]int), Held: len(x.entries)}
	groups := make(map[groupKey]*Group)
	var found []*letter
	m := f.matcher()
	for _, e := range x.entries {
		if !m.matches(e) {
			continue
		}
		status := x.statusOf(e)
		p.ByStatus[status]++
		if f.Wants(status) {
			found = append(found, e)
			groupOf(groups, e)
		}
	}
	for _, g := range groups {
		p.Groups = append(p.Groups, *g)
	}
	SortGroups(p.Groups)
	p.Total = len(found)
	found = first(found, min(from+n, len(found)), newestFirst)
	for _, e := range found[min(from, len(found)):] {
		p.Items = append(p.Items, x.item(e))
	}
	return p
}

// first returns the first n of all in their order. It sorts no more than a page or
// two of them at a time: 200,000 would take a third of a second.
func first(all []*letter, n int, order func(a, b *letter) int) []*letter {
	const spare = 1000
	var kept []*letter
	for _, e := range all {
		if kept = append(kept, e); len(kept) >= 2*n+spare {
			slices.SortFunc(kept, order)
			kept = kept[:n]
		}
	}
	slices.SortFunc(kept, order)
	return kept[:n]
}

// OfJob returns the dead letters whose last replay or resolution belongs to the job,
// the oldest first, at most n of them from the from-th on, and their total number.
func (x *Index) OfJob(job string, from, n int) (items []Item, total int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var found []*letter
	for id, e := range x.entries {
		if about := x.resolutions[id]; e.common.job == job || about != nil && about.said.job == job {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *letter) int { return newestFirst(b, a) })
	for _, e := range found[min(from, len(found)):min(from+n, len(found))] {
		items = append(items, x.item(e))
	}
	return items, len(found)
}

// Ends returns, by partition, the offset after the last dead letter that was added.
func (x *Index) Ends() map[int32]int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return maps.Clone(x.ends)
}

// Changes counts the additions to the index. As long as it stays the same, the results
// of Page only change with time.
func (x *Index) Changes() uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.changes
}

// item returns a copy of e with its status and resolution.
func (x *Index) item(e *letter) Item {
	item := Item{Entry: e.entry(), Status: x.statusOf(e)}
	if about := x.resolutions[e.id]; about != nil {
		item.Resolution = about.whole(e.id)
	}
	return item
}

func newestFirst(a, b *letter) int {
	return cmp.Or(cmp.Compare(b.failed, a.failed), cmp.Compare(a.partition, b.partition), cmp.Compare(b.offset, a.offset))
}
