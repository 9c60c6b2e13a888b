package kafkafx

import (
	"context"
	"os"
	"slices"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/collector"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// The memory that a worker needs in addition to its ledgers: the program with its
// buffers and queues, a connection with its buffers for each send, and the fetched
// parts of ledgers that are not folded yet.
const (
	baseMemory     = 28 << 20
	memoryToStart  = 20 << 20  // while lanes get ready
	memoryPerLane  = 256 << 10 // 200 lanes held 40 MiB more than 6
	memoryPerSend  = 256 << 10
	memoryPerKey   = 130
	memoryPerWait  = 200 // a message that waits for its receipt
	memoryPerWatch = 64  // a message that has its receipt
	// recordsPerKey is the number of records that nearly every key has in its ledger: a
	// claim and its settlement.
	recordsPerKey = 2
	// memoryCheckTime is a part of a second: the first messages of a backlog cost most
	// while the collector is set for a worker that has little to do.
	memoryCheckTime = time.Second / checksPerSecond
	checksPerSecond = 4
	// memoryLoadTime is how often the limit is set while lanes get ready: a ledger
	// grows by 60 MB a second while it is loaded, and a limit that lags behind makes
	// the collector run all the time.
	memoryLoadTime = 100 * time.Millisecond
)

// limitMemory sets the collector's limit so that the heap does not grow to twice the
// size of a large ledger, which is held for days. A busy worker may use the memory
// above that for fewer collections.
func limitMemory(lc fx.Lifecycle, own config.Service, s Settings, c *engine.Consumer, w *receipts.Watcher, stop fx.Shutdowner, log *zap.Logger) {
	runtimefx.Loop(lc, stop, log, func(ctx context.Context) error {
		gc := collector.New(operatorsOwn(own), os.DirFS("/"))
		var work pace
		var busy bool
		ticker, load := time.NewTicker(memoryCheckTime), time.NewTicker(memoryLoadTime)
		defer ticker.Stop()
		defer load.Stop()
		for {
			select {
			case <-ticker.C:
				lanes := c.Lanes()
				busy = work.busy(lanes)
				gc.Tick(memoryFor(s.Delivery.Concurrency, lanes)+memoryOf(w), busy)
			case <-load.C:
				if lanes := c.Lanes(); slices.ContainsFunc(lanes, loads) {
					gc.Tick(memoryFor(s.Delivery.Concurrency, lanes)+memoryOf(w), busy)
				}
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// operatorsOwn returns which settings of the collector the operator has set.
func operatorsOwn(s config.Service) collector.Own {
	return collector.Own{Percent: s.GarbagePercent != "", Limit: s.MemoryLimit != ""}
}

// memoryOf returns the memory that w needs; w may be nil.
func memoryOf(w *receipts.Watcher) int64 {
	if w == nil {
		return 0
	}
	s := w.Status()
	return int64(s.Waiting)*memoryPerWait + int64(s.Watched)*memoryPerWatch
}

func memoryFor(concurrency int, lanes []engine.LaneStatus) int64 {
	limit := int64(baseMemory + concurrency*memoryPerSend)
	if slices.ContainsFunc(lanes, getsReady) {
		limit += memoryToStart
	}
	for _, l := range lanes {
		limit += int64(l.LedgerKeys) * memoryPerKey
		if l.Open {
			limit += memoryPerLane
		}
		if loads(l) {
			limit += l.Loading.Read / recordsPerKey * memoryPerKey
		}
	}
	return limit
}

// getsReady reports whether a lane is reading its ledger or looking ahead.
func getsReady(l engine.LaneStatus) bool { return l.LookingAhead || loads(l) }

func loads(l engine.LaneStatus) bool { return l.Loading != nil && !l.Open }
