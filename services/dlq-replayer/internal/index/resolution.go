package index

import (
	"errors"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// resolution is what the index knows of what became of one dead letter.
type resolution struct {
	envelope.Resolution
	// covered is set while the last record of the key says something else.
	covered bool
	// letter is set once a dead letter with the id was read, held or not.
	letter bool
	// mark is the index's when the last record of the key was read.
	mark uint32
}

// AddResolution takes a record of the resolutions topic in. What is not a
// resolution is ignored.
func (x *Index) AddResolution(r *kgo.Record) {
	next, err := envelope.DecodeResolution(r.Key, r.Value)
	if err != nil && !errors.Is(err, envelope.ErrDeleted) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.full = false
	x.changes++
	if err != nil {
		delete(x.resolutions, string(r.Key))
		return
	}
	about := x.resolutions[next.ID]
	if about == nil {
		x.internResolution(&next)
		x.resolutions[next.ID] = &resolution{Resolution: next, letter: x.entries[next.ID] != nil, mark: x.mark}
		return
	}
	about.mark = x.mark
	counts, covered := about.Fold(next)
	if about.covered = covered; !covered {
		counts.ID = about.ID
		x.internResolution(&counts)
		about.Resolution = counts
	}
}

func (x *Index) internResolution(r *envelope.Resolution) {
	x.share(&r.Reason, &r.Code, &r.Job, (*string)(&r.Channel), (*string)(&r.Class), (*string)(&r.Status))
}

// Resolution returns the word that counts about the dead letter with the id.
func (x *Index) Resolution(id string) (envelope.Resolution, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	about := x.resolutions[id]
	if about == nil {
		return envelope.Resolution{}, false
	}
	return about.Resolution, true
}

// Resolutions ranges over the words that count about dead letters, in no order.
func (x *Index) Resolutions() iter.Seq[envelope.Resolution] {
	return func(yield func(envelope.Resolution) bool) {
		x.mu.RLock()
		defer x.mu.RUnlock()
		for _, about := range x.resolutions {
			if !yield(about.Resolution) {
				return
			}
		}
	}
}

// Covered returns the resolutions that count although a later record of their
// key says something else. Compaction would leave only that.
func (x *Index) Covered() []envelope.Resolution {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var covered []envelope.Resolution
	for _, about := range x.resolutions {
		if about.covered {
			covered = append(covered, about.Resolution)
		}
	}
	return covered
}

// Mark remembers which resolutions are known now. Their dead letters were
// written before them, so that they lie before the present end of the topic.
func (x *Index) Mark() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mark++
}

// ForgetUnknown drops the resolutions that were known at the last Mark and whose
// dead letter the index does not hold, once the dead letters were read up to the
// end that the topic had at that Mark. Before that, what a resolution is of may
// be the next record: a dead letter that was discarded would be open again.
//
// It returns the ids of those that are older than before and of which no dead
// letter was read at all.
func (x *Index) ForgetUnknown(before time.Time) (orphans []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, about := range x.resolutions {
		if about.mark >= x.mark || x.entries[id] != nil {
			continue
		}
		if !about.letter && about.At.Before(before) {
			orphans = append(orphans, id)
		}
		delete(x.resolutions, id)
	}
	return orphans
}
