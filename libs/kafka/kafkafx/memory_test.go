package kafkafx

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/collector"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// A ledger that is being loaded takes as much as one that is held, and its buffers
// beside it: a limit that comes with the last record lets the heap double first.
func TestALedgerThatIsLoadedCountsFromItsFirstRecord(t *testing.T) {
	const keys = 1_000_000
	lane := engine.LaneStatus{Loading: &engine.LoadStatus{Read: recordsPerKey * keys, Of: 9 * keys}}
	idle, loading := memoryFor(64, []engine.LaneStatus{{}}), memoryFor(64, []engine.LaneStatus{lane})
	open := memoryFor(64, []engine.LaneStatus{{Open: true, LedgerKeys: keys}})
	if open-idle != keys*memoryPerKey+memoryPerLane || loading != idle+keys*memoryPerKey+memoryToStart {
		t.Errorf("the limit is %d for no ledger, %d for one that is loaded and %d for one that is held", idle, loading, open)
	}
	// The fetched parts that are not folded yet are counted once for all lanes.
	if two := memoryFor(64, []engine.LaneStatus{lane, lane}); two-loading != keys*memoryPerKey {
		t.Errorf("the limit is %d for one ledger that is loaded and %d for two", loading, two)
	}
}

// Go's default, written down, is a decision too.
func TestWhatTheOperatorSetsOfTheCollectorIsKnown(t *testing.T) {
	program := config.Program{Defaults: map[string]string{"HEALTH_ADDR": "127.0.0.1:8081"}}
	for _, c := range []struct {
		env  config.Env
		want collector.Own
	}{
		{config.Env{"GOGC": "", "GOMEMLIMIT": ""}, collector.Own{}},
		{config.Env{"GOGC": "100"}, collector.Own{Percent: true}},
		{config.Env{"GOGC": "off", "GOMEMLIMIT": "off"}, collector.Own{Percent: true, Limit: true}},
		{config.Env{"GOMEMLIMIT": "400MiB"}, collector.Own{Limit: true}},
	} {
		s, err := config.LoadService(program, c.env)
		if got := operatorsOwn(s); err != nil || got != c.want {
			t.Errorf("%v: %+v, %v; want %+v", c.env, got, err, c.want)
		}
	}
}
