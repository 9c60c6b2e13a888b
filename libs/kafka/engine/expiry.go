package engine

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	// expiryInterval is how often the logs' starts are checked, in addition to each
	// assignment and each record behind a gap: a log from which everything was deleted
	// delivers no record that would show the gap.
	expiryInterval = time.Minute
	// expirySettle is how long a position must stand below the log's start. Records
	// that the client has fetched already are still delivered.
	expirySettle = 5 * time.Second
	// expiryTimeout bounds one question for the logs' starts.
	expiryTimeout = 10 * time.Second
)

// unknownStart is the position of a half whose committed offset is not known yet.
const unknownStart = -1

// expiry notices events that were deleted before they were read. The client silently
// goes on at the log's start, and the lag does not show the loss.
type expiry struct {
	channel  domain.Channel
	topics   []string
	lanes    *laneSet
	observer ports.Observer
	log      *zap.Logger
	// wake asks for a look before the next one is due.
	wake chan struct{}
}

func newExpiry(cfg *Config, deps *Deps, lanes *laneSet) *expiry {
	return &expiry{
		channel: cfg.Channel, topics: []string{cfg.Source, cfg.Replay}, lanes: lanes,
		observer: deps.Observer, log: deps.Log, wake: make(chan struct{}, 1),
	}
}

// begin records the committed offset at which the group begins to read.
func (e *expiry) begin(l *lane, topic string, p *kmsg.OffsetFetchResponseGroupTopicPartition) {
	if p.ErrorCode != 0 || p.Offset < 0 {
		return // a group without a commit has missed nothing
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.halves[topic]; h != nil {
		h.start = p.Offset
	}
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// read is called with the records that are about to be registered. Offsets may be
// missing for other reasons than deletion; only those below the log's start were
// deleted.
func (e *expiry) read(l *lane, p *kgo.FetchTopicPartition) {
	e.tell(l, p.Topic, min(p.LogStartOffset, p.Records[0].Offset))
}

// tell raises the alert when the log of a half starts behind the next offset to read.
func (e *expiry) tell(l *lane, topic string, logStart int64) {
	if gone := l.expire(topic, logStart); gone > 0 {
		e.observer.AlertN(e.channel, ports.AlertExpired, fmt.Sprintf(
			"%d record(s) of %s/%d were deleted before this group read them: no notifications were sent for them, publish those appointments again",
			gone, topic, l.partition), gone)
	}
}

// run looks at the logs' starts after each assignment, and now and then.
func (e *expiry) run(ctx context.Context, client *kgo.Client) {
	ticker := time.NewTicker(expiryInterval)
	defer ticker.Stop()
	adm := kadm.NewClient(client)
	for {
		select {
		case <-e.wake:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if err := e.look(ctx, adm); err != nil && ctx.Err() == nil {
			e.log.Warn("where the topics begin cannot be read, so deleted events are not noticed; it is tried again", zap.Error(err))
		}
	}
}

// behind is a half that is to be read from below its log's start.
type behind struct {
	lane  *lane
	half  *half
	start int64
}

// look raises the alert for each half whose position is below its log's start at two
// checks, with nothing read in between.
func (e *expiry) look(ctx context.Context, adm *kadm.Client) error {
	first, err := e.behind(ctx, adm)
	if err != nil || len(first) == 0 {
		return err
	}
	select {
	case <-time.After(expirySettle):
	case <-ctx.Done():
		return nil
	}
	for b, position := range first {
		if now, ok := b.lane.positionOf(b.half); ok && now == position {
			e.tell(b.lane, b.half.topic, b.start)
		}
	}
	return nil
}

// behind returns the halves that are to be read from below their log's start,
// with their positions.
func (e *expiry) behind(ctx context.Context, adm *kadm.Client) (map[behind]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, expiryTimeout)
	defer cancel()
	starts, err := adm.ListStartOffsets(ctx, e.topics...)
	if err != nil {
		return nil, err
	}
	found := map[behind]int64{}
	for _, l := range e.lanes.all() {
		for topic, h := range l.attached() {
			start, listed := starts.Lookup(topic, l.partition)
			if position, ok := l.positionOf(h); ok && listed && start.Err == nil && position < start.Offset {
				found[behind{l, h, start.Offset}] = position
			}
		}
	}
	return found, nil
}

// attached returns the halves that the lane has.
func (l *lane) attached() map[string]*half {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.halves)
}

// positionOf returns the offset that is read next; ok is false while it is not
// known, while more was fetched than is registered, and when the half was given up.
func (l *lane) positionOf(h *half) (offset int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := h.position()
	return at, at >= 0 && l.halves[h.topic] == h && len(h.prefetched.batches) == 0
}

// position returns the offset that is read next. The caller holds the lane's mu.
func (h *half) position() int64 {
	if h.tracker.next == 0 {
		return h.start
	}
	return max(h.start, h.tracker.next)
}

// expire moves the position of a half to the log's start and returns how many offsets
// were passed over that way. They count as finished, so that they are committed and the
// next owner does not raise the same alert again.
func (l *lane) expire(topic string, logStart int64) (gone int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.halves[topic]
	if h == nil {
		return 0
	}
	at := h.position()
	if at < 0 || logStart <= at {
		return 0
	}
	h.start = logStart
	if h.tracker.window() == 0 {
		h.tracker.done(h.tracker.register(logStart - 1))
	}
	return logStart - at
}
