package kafkafx

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
)

func TestAWorkerIsBusyWhileItFinishesMuch(t *testing.T) {
	var p pace
	at := int64(1_000_000) // where another owner stopped
	lanes := func(finished int64) []engine.LaneStatus {
		at += finished
		return []engine.LaneStatus{{Open: true, Watermarks: map[string]int64{"source": at, "replay": 0}}}
	}
	step := func(when string, lanes []engine.LaneStatus, want bool) {
		t.Helper()
		if got := p.busy(lanes); got != want {
			t.Errorf("%s: busy %t", when, got)
		}
	}
	step("a lane that was just assigned", lanes(0), false)
	step("a little to do", lanes(busyPace-1), false)
	step("much to do", lanes(busyPace), true)
	for range calmTicks - 1 {
		step("a pause", lanes(0), true)
	}
	step("a long pause", lanes(0), false)
	step("the provider is down", []engine.LaneStatus{{Open: true, Queued: 8000}}, false)
	step("lanes are assigned again", lanes(0), false)
}
