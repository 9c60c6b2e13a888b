package journal

import (
	"slices"
	"time"
)

// Query selects entries of the current epoch.
type Query struct {
	// Channel and Kind; empty: all.
	Channel string
	Kind    string
	// Accepted: only accepted messages.
	Accepted bool
	// Since: only entries with a higher number.
	Since uint64
	// Limit is the most to return; 0: no limit.
	Limit int
}

// Entries returns the entries of a query, oldest first.
func (j *Journal) Entries(q Query) ([]Entry, error) {
	found := []Entry{}
	for _, l := range j.selected(q) {
		e, err := j.at(l)
		if err != nil {
			return found, err
		}
		found = append(found, e)
	}
	return found, nil
}

func (j *Journal) selected(q Query) []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []line
	for _, l := range j.lines[j.firstAfter(q.Since):] {
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
		if l.matches(q) {
			found = append(found, l)
		}
	}
	return found
}

// firstAfter returns the position of the first line with a higher number:
// numbers have no gaps.
func (j *Journal) firstAfter(seq uint64) int {
	first := j.seq - uint64(len(j.lines)) + 1
	if seq < first {
		return 0
	}
	return int(min(seq-first+1, uint64(len(j.lines))))
}

func (l line) matches(q Query) bool {
	if q.Channel != "" && (q.Channel == SMS) != (l.flags&flagSMS != 0) {
		return false
	}
	if q.Kind != "" && (q.Kind == KindSend) != (l.flags&flagLookup == 0) {
		return false
	}
	return !q.Accepted || l.flags&(flagAccepted|flagLookup) == flagAccepted
}

// Find returns the accepted messages with the value in the field, newest first.
func (j *Journal) Find(channel, field, value string) ([]Entry, error) {
	var found []Entry
	for _, l := range j.findLines(channel, field, value) {
		e, err := j.at(l)
		if err != nil {
			return nil, err
		}
		if e.field(field) == value {
			found = append(found, e)
		}
	}
	return found, nil
}

func (j *Journal) findLines(channel, field, value string) []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []line
	for _, i := range j.index.find(channel, field, value) {
		found = append(found, j.lines[i])
	}
	return found
}

func (e Entry) field(name string) string {
	switch name {
	case ByMessageID:
		return e.MessageID
	case ByRecipient:
		return e.Recipient
	default:
		return e.ID
	}
}

// Range returns the accepted messages of a channel in [from, to], newest first
// when descending, as a sequence that reads each entry only when it is asked
// for. It ends early if the file cannot be read.
func (j *Journal) Range(channel string, from, to time.Time, descending bool) func(yield func(Entry) bool) {
	lines := j.between(channel, from.UnixNano(), to.UnixNano())
	if descending {
		slices.Reverse(lines)
	}
	return func(yield func(Entry) bool) {
		for _, l := range lines {
			e, err := j.at(l)
			if err != nil || !yield(e) {
				return
			}
		}
	}
}

func (j *Journal) between(channel string, from, to int64) []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []line
	for _, i := range j.index.accepted[channel] {
		if l := j.lines[i]; l.time >= from && l.time <= to {
			found = append(found, l)
		}
	}
	return found
}
