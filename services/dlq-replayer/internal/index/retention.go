package index

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// warnFrom is the share of the retention after which an unresolved dead letter
// is about to be lost.
const warnFrom = 0.8

// Retention returns how long the dead-letter topic keeps records; 0 means for
// ever.
func (r *Reader) Retention(ctx context.Context) (time.Duration, error) {
	kept, err := r.keeps(ctx, r.topics.DLQ)
	return kept[r.topics.DLQ], err
}

// readRetentions reads how long dead letters and replays are kept.
func (r *Reader) readRetentions(ctx context.Context) error {
	names := []string{r.topics.DLQ}
	for _, name := range r.topics.Replays {
		names = append(names, name)
	}
	kept, err := r.keeps(ctx, names...)
	if err != nil {
		return err
	}
	r.retention = kept[r.topics.DLQ]
	for ch, name := range r.topics.Replays {
		r.Index.KeepReplays(ch, kept[name])
	}
	return nil
}

// keeps returns the retention of each topic.
func (r *Reader) keeps(ctx context.Context, names ...string) (map[string]time.Duration, error) {
	described, err := r.admin.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("settings of the topics %v: %w", names, err)
	}
	kept := make(map[string]time.Duration)
	for _, resource := range described {
		if resource.Err != nil {
			return nil, fmt.Errorf("settings of topic %s: %w", resource.Name, resource.Err)
		}
		for _, c := range resource.Configs {
			if c.Key == "retention.ms" {
				kept[resource.Name] = duration(c.MaybeValue())
			}
		}
	}
	return kept, nil
}

// duration reads milliseconds; a value that is too large for a time.Duration becomes 0,
// for ever.
func duration(text string) time.Duration {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > int64(1<<63-1)/int64(time.Millisecond) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// Expiry warns of unresolved dead letters that retention is about to delete.
type Expiry struct {
	// Count is how many of them are past four fifths of the retention, and First is
	// when the oldest may be deleted.
	Count int
	First time.Time
	// LeftOut are younger ones that the full index does not hold.
	LeftOut int64
}

// Expiring returns the dead letters that are about to be deleted; retention 0 means for
// ever.
func (x *Index) Expiring(retention time.Duration, now time.Time) Expiry {
	var e Expiry
	if retention <= 0 {
		return e
	}
	old := now.Add(-time.Duration(warnFrom * float64(retention)))
	x.mu.RLock()
	defer x.mu.RUnlock()
	e.LeftOut = x.leftOut(Filter{})
	for _, entry := range x.entries {
		if written := timeOf(entry.written); written.Before(old) && !x.statusOf(entry).Final() {
			e.Count++
			e.First = earlier(e.First, written.Add(retention))
		}
	}
	return e
}

// String returns a sentence for people; empty if no dead letter is about to be deleted.
func (e Expiry) String() string {
	if e.Count == 0 {
		return ""
	}
	text := fmt.Sprintf("%d unresolved dead letters are about to be deleted by retention, the first from %s on: "+
		"replay or discard them, or raise the topic's retention.ms", e.Count, e.First.UTC().Format(time.RFC3339))
	if e.LeftOut > 0 {
		text += fmt.Sprintf(". Up to %d younger ones are not in the full index and may be as well", e.LeftOut)
	}
	return text
}
