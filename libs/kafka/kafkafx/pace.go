package kafkafx

import "github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"

const (
	// busyPace is how many events are finished in a second of a worker that is busy.
	busyPace = 200
	// calmTicks is how many calm seconds in a row end a busy phase.
	calmTicks = 10
)

// pace reports whether a worker is busy. It is asked checksPerSecond times a second.
type pace struct {
	watermarks map[half]int64
	calm       int
	was        bool
}

// half is one topic's part of a lane.
type half struct {
	topic     string
	partition int32
}

// busy reports whether the worker finishes many events. A worker whose provider is down
// is not busy, even with a backlog.
func (p *pace) busy(lanes []engine.LaneStatus) bool {
	if p.finished(lanes) >= busyPace {
		p.was, p.calm = true, 0
	} else if p.calm++; p.calm >= calmTicks {
		p.was = false
	}
	return p.was
}

// finished returns how many events were finished since the last call, on the lanes
// that were held then.
func (p *pace) finished(lanes []engine.LaneStatus) (n int64) {
	now := map[half]int64{}
	for _, l := range lanes {
		for topic, at := range l.Watermarks {
			h := half{topic, l.Partition}
			now[h] = at
			if before, held := p.watermarks[h]; held && at > before {
				n += at - before
			}
		}
	}
	p.watermarks = now
	return n
}
