package index

import (
	"fmt"
	"slices"
	"strings"
)

// NameError means that a name does not identify exactly one dead letter.
type NameError struct {
	Name string
	// Candidates are the ids that begin with Name, at most maxCandidates of all Count.
	// It is empty if there is no such dead letter.
	Candidates []string
	Count      int
	// LeftOut is set if a full index does not hold all dead letters.
	LeftOut bool
}

// maxCandidates bounds how many ids an error lists.
const maxCandidates = 10

// Error names the candidates.
func (e *NameError) Error() string {
	switch {
	case e.Count == 0 && e.LeftOut:
		return "there is no dead letter " + e.Name + " among those that the full index holds"
	case e.Count == 0:
		return "there is no dead letter " + e.Name
	}
	text := fmt.Sprintf("%s is the beginning of %d ids: %s", e.Name, e.Count, strings.Join(e.Candidates, ", "))
	if e.Count > len(e.Candidates) {
		text += ", …"
	}
	return text
}

// Name returns the id of the one dead letter that name, an id or the beginning of one,
// identifies. Otherwise the error is a *NameError, because a guess could change the
// wrong dead letter.
func (x *Index) Name(name string) (id string, err error) {
	ids := x.Named(name)
	switch {
	case slices.Contains(ids, name):
		return name, nil
	case len(ids) == 1:
		return ids[0], nil
	}
	return "", &NameError{Name: name, Candidates: ids[:min(len(ids), maxCandidates)], Count: len(ids), LeftOut: x.LeftOut(Filter{}) > 0}
}

// Named returns the ids that begin with name, in order.
func (x *Index) Named(name string) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if short, _ := idOf(name); x.entries[short] != nil {
		return []string{name}
	}
	var ids []string
	for _, e := range x.entries {
		if id := e.name(); strings.HasPrefix(id, name) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Expand returns f with all ids that begin with one of its names, so that a list shows
// all candidates of a name.
func (x *Index) Expand(f Filter) Filter {
	names := f.IDs
	f.IDs = nil
	for _, name := range names {
		if ids := x.Named(name); len(ids) > 0 {
			f.IDs = append(f.IDs, ids...)
		} else {
			f.IDs = append(f.IDs, name) // an impossible id selects nothing, but no ids would select everything
		}
	}
	return f
}

// Place returns a *NameError if partition and offset together name a place without a
// dead letter.
func (x *Index) Place(partition *int32, offset *int64) error {
	if partition == nil || offset == nil || len(x.Select(Filter{Partition: partition, Offset: offset})) > 0 {
		return nil
	}
	return &NameError{Name: fmt.Sprintf("%d:%d", *partition, *offset), LeftOut: x.LeftOut(Filter{}) > 0}
}
