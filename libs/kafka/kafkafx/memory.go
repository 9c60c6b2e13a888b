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

// What a worker needs beside its ledgers: the program with its buffers and
// queues, a connection with its buffers for each send, and what all lanes together
// have fetched of their ledgers and not folded yet.
const (
	baseMemory     = 28 << 20
	memoryToStart  = 20 << 20 // while lanes get ready
	memoryPerSend  = 256 << 10
	memoryPerKey   = 130
	memoryPerWait  = 200 // a message that waits for its receipt
	memoryPerWatch = 64  // one that has got it
	// recordsPerKey is what nearly every key has in its ledger: a claim and its end.
	recordsPerKey   = 2
	memoryCheckTime = time.Second
	// memoryLoadTime: a ledger that is loaded grows by 60 MB a second, and a limit
	// that comes late makes the collector run all the time.
	memoryLoadTime = 100 * time.Millisecond
)

// limitMemory keeps the garbage collector from letting the heap double on top of
// a large ledger, which is held for days, and lets it spend the rest while there is
// much to send.
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

// operatorsOwn returns what of the collector the operator has set.
func operatorsOwn(s config.Service) collector.Own {
	return collector.Own{Percent: s.GarbagePercent != "", Limit: s.MemoryLimit != ""}
}

// memoryOf returns what w needs; it may be nil.
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
		if loads(l) {
			limit += l.Loading.Read / recordsPerKey * memoryPerKey
		}
	}
	return limit
}

// getsReady reports whether a lane reads its ledger, or looks ahead.
func getsReady(l engine.LaneStatus) bool { return l.LookingAhead || loads(l) }

func loads(l engine.LaneStatus) bool { return l.Loading != nil && !l.Open }
