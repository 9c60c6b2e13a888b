package kafkafx

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
)

// A ledger that is being loaded takes as much as one that is held, and its buffers
// beside it: a limit that comes with the last record lets the heap double first.
func TestALedgerThatIsLoadedCountsFromItsFirstRecord(t *testing.T) {
	const keys = 1_000_000
	idle := memoryFor(64, []engine.LaneStatus{{}})
	loading := memoryFor(64, []engine.LaneStatus{{Loading: &engine.LoadStatus{Read: recordsPerKey * keys, Of: 9 * keys}}})
	open := memoryFor(64, []engine.LaneStatus{{Open: true, LedgerKeys: keys}})
	if open-idle != keys*memoryPerKey || loading != open+memoryPerLoad {
		t.Errorf("the limit is %d for no ledger, %d for one that is loaded and %d for one that is held", idle, loading, open)
	}
}
