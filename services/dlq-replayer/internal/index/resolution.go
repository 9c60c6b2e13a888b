package index

import (
	"errors"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// resolution is an envelope.Resolution in 64 bytes.
type resolution struct {
	said *words
	at   time.Time
	// name is the id, if it is not one of ours.
	name        string
	replayCount int
	// mark is the index's mark when the last record of the key was read.
	mark uint32
	// covered is set while the last record of the key is not the one that counts.
	covered bool
	// letter is set once a dead letter with the id was read, even if it is not held.
	letter bool
}

// words holds values that many resolutions share.
type words struct {
	channel domain.Channel
	status  envelope.ResolutionStatus
	class   domain.Class

	reason, code, job string
}

// take makes r the resolution that counts.
func (x *Index) take(about *resolution, r envelope.Resolution) {
	about.said = x.words.share(words{r.Channel, r.Status, r.Class, r.Reason, r.Code, r.Job})
	about.at, about.replayCount = r.At, r.ReplayCount
}

// word returns the resolution that counts, without the id.
func (r *resolution) word() envelope.Resolution {
	s := r.said
	return envelope.Resolution{
		Channel: s.channel, Status: s.status, Reason: s.reason, Class: s.class, Code: s.code, Job: s.job,
		ReplayCount: r.replayCount, At: r.at,
	}
}

// whole returns the resolution that counts for the dead letter with that id.
func (r *resolution) whole(of id) envelope.Resolution {
	word := r.word()
	if word.ID = r.name; word.ID == "" {
		word.ID = of.text()
	}
	return word
}

// AddResolution adds a record of the resolutions topic. Records that are not
// resolutions are ignored.
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
		of, _ := idOf(string(r.Key))
		delete(x.resolutions, of)
		return
	}
	of, own := idOf(next.ID)
	about := x.resolutions[of]
	if about == nil {
		about = &resolution{letter: x.entries[of] != nil, mark: x.mark}
		if !own {
			about.name = next.ID
		}
		x.take(about, next)
		x.resolutions[of] = about
		return
	}
	about.mark = x.mark
	counts, covered := about.word().Fold(next)
	if about.covered = covered; !covered {
		x.take(about, counts)
	}
}

// Resolution returns the resolution that counts for the dead letter with the id.
func (x *Index) Resolution(id string) (envelope.Resolution, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	of, _ := idOf(id)
	about := x.resolutions[of]
	if about == nil {
		return envelope.Resolution{}, false
	}
	return about.whole(of), true
}

// Resolutions ranges over the resolutions that count, in any order.
func (x *Index) Resolutions() iter.Seq[envelope.Resolution] {
	return func(yield func(envelope.Resolution) bool) {
		x.mu.RLock()
		defer x.mu.RUnlock()
		for of, about := range x.resolutions {
			if !yield(about.whole(of)) {
				return
			}
		}
	}
}

// Covered returns the resolutions that count although a later record of their key
// differs. Compaction would keep only that record.
func (x *Index) Covered() []envelope.Resolution {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var covered []envelope.Resolution
	for of, about := range x.resolutions {
		if about.covered {
			covered = append(covered, about.whole(of))
		}
	}
	return covered
}

// Mark remembers which resolutions are known now. Their dead letters were written
// before them, and so before the present end of the topic.
func (x *Index) Mark() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mark++
}

// ForgetUnknown drops the resolutions that were known at the last Mark and whose dead
// letter the index does not hold, except those that Keep names. It must be called after
// the dead letters were read up to the topic's end at that Mark. Earlier, a
// resolution's dead letter might be the next record, and a discarded dead letter would
// be open again.
//
// It returns the ids of the resolutions that are older than before and whose dead
// letter was never read.
func (x *Index) ForgetUnknown(before time.Time) (orphans []string) {
	needs := x.needs()
	x.mu.Lock()
	defer x.mu.Unlock()
	for of, about := range x.resolutions {
		if about.mark >= x.mark || x.entries[of] != nil || needs[of] || x.keepLetters && about.letter {
			continue
		}
		if !about.letter && about.at.Before(before) {
			orphans = append(orphans, about.whole(of).ID)
		}
		delete(x.resolutions, of)
	}
	return orphans
}
