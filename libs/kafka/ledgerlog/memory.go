package ledgerlog

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// memory is how far back a ledger remembers.
//
// The log itself decides, not a setting: a partition that still starts at offset 0 has
// lost nothing, whatever its retention; any other has lost the records before its first
// one. The index forgets the same records, so that a key is unknown to both or to
// neither.
type memory struct {
	reach time.Time
	// seen is the highest source offset at the takeover. Later ones are not counted:
	// events of one lane are delivered concurrently, so a record may have a lower
	// offset than one that was claimed before it.
	seen int64
	// compared is when memory and log were last compared.
	compared  time.Time
	comparing bool
}

// ComparePeriod is how often memory and log are compared. Retention works in
// segments of a day.
const ComparePeriod = time.Hour

// due reports whether it is time to compare, and starts the next period if so.
func (m *memory) due(now time.Time) bool {
	if m.comparing || now.Sub(m.compared) < ComparePeriod {
		return false
	}
	m.comparing = true
	return true
}

// reachOf returns how far a log reaches back whose first record is r.
func reachOf(r *kgo.Record) time.Time {
	if r.Offset == 0 {
		return time.Time{}
	}
	return r.Timestamp
}

// followLog forgets the keys that retention has removed from the log. If the log cannot
// be read, it forgets nothing until the next time.
func (l *Ledger) followLog() {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	reach, err := l.store.reach(ctx, l.partition)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory.compared, l.memory.comparing = time.Now(), false
	l.index.DropRecent()
	if err != nil || !reach.After(l.memory.reach) {
		return
	}
	l.memory.reach = reach
	l.index.Forget(reach)
}

// errFirst ends a read behind its first record.
var errFirst = errors.New("the first record is read")

// reach returns how far a partition reaches back now.
func (s *Store) reach(ctx context.Context, partition int32) (reach time.Time, err error) {
	all, err := s.bounds(ctx, partition)
	if err != nil {
		return reach, err
	}
	err = s.read(ctx, all, func(r *kgo.Record, _ *ledger.Line) error {
		reach = reachOf(r)
		return errFirst
	})
	if errors.Is(err, errFirst) {
		err = nil
	}
	return reach, err
}
