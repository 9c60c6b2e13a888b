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
	described, err := r.admin.DescribeTopicConfigs(ctx, r.topics.DLQ)
	if err != nil {
		return 0, fmt.Errorf("settings of topic %s: %w", r.topics.DLQ, err)
	}
	for _, resource := range described {
		if resource.Err != nil {
			return 0, fmt.Errorf("settings of topic %s: %w", r.topics.DLQ, resource.Err)
		}
		for _, c := range resource.Configs {
			if c.Key != "retention.ms" {
				continue
			}
			ms, err := strconv.ParseInt(c.MaybeValue(), 10, 64)
			if err != nil || ms < 0 || ms > int64(1<<63-1)/int64(time.Millisecond) {
				return 0, nil
			}
			return time.Duration(ms) * time.Millisecond, nil
		}
	}
	return 0, nil
}

// Expiry warns of unresolved dead letters that retention is about to delete.
type Expiry struct {
	// Count is how many of them are past four fifths of the retention, and
	// First is when the oldest may go.
	Count int
	First time.Time
}

// Expiring returns what is about to be lost; retention 0 means for ever.
func (x *Index) Expiring(retention time.Duration, now time.Time) Expiry {
	var e Expiry
	if retention <= 0 {
		return e
	}
	old := now.Add(-time.Duration(warnFrom * float64(retention)))
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, entry := range x.entries {
		if entry.WrittenAt.Before(old) && x.statusOf(entry).Unresolved() {
			e.Count++
			e.First = earlier(e.First, entry.WrittenAt.Add(retention))
		}
	}
	return e
}

// String is a sentence for people; empty when nothing is about to be lost.
func (e Expiry) String() string {
	if e.Count == 0 {
		return ""
	}
	return fmt.Sprintf("%d unresolved dead letters are about to be deleted by retention, the first from %s on: "+
		"replay or discard them, or raise the topic's retention.ms", e.Count, e.First.UTC().Format(time.RFC3339))
}
