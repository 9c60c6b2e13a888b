package engine

import (
	"fmt"
	"time"

	"go.uber.org/zap"
)

// LoadStatus is how far the reading of a lane's ledger is. Of is an estimate: it
// counts offsets, not all of which need hold a record.
type LoadStatus struct {
	Read int64 `json:"read"`
	Of   int64 `json:"of"`
}

// loadLogEvery is how often the log says how far a lane's loading is.
const loadLogEvery = 5 * time.Second

// loading returns what takes note of the loading of l's ledger.
func (c *Consumer) loading(l *lane) func(read, of int64) {
	said := time.Now()
	return func(read, of int64) {
		l.mu.Lock()
		l.loading = &LoadStatus{Read: read, Of: of}
		l.mu.Unlock()
		if time.Since(said) < loadLogEvery {
			return
		}
		said = time.Now()
		c.Log.Info("loading a lane's ledger", zap.Int32("partition", l.partition), zap.Int64("read", read), zap.Int64("of_about", of))
	}
}

// notOpen says what a lane that is not open waits for.
func (s LaneStatus) notOpen() error {
	if s.Loading == nil {
		return fmt.Errorf("lane %d is not open yet", s.Partition)
	}
	return fmt.Errorf("lane %d is loading its ledger: %d of about %d records read", s.Partition, s.Loading.Read, s.Loading.Of)
}
