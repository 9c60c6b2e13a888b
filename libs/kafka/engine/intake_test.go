package engine

import (
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// pauses is the client's list of paused partitions.
type pauses struct {
	// onPause, where set, runs between a pause's decision and its execution.
	onPause func()

	mu     sync.Mutex
	paused map[string][]int32
}

func (p *pauses) PauseFetchPartitions(add map[string][]int32) map[string][]int32 {
	if len(add) > 0 && p.onPause != nil {
		p.onPause()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused == nil {
		p.paused = map[string][]int32{}
	}
	maps.Copy(p.paused, add)
	return maps.Clone(p.paused)
}

func (p *pauses) ResumeFetchPartitions(gone map[string][]int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic := range gone {
		delete(p.paused, topic)
	}
}

// readingRig returns a consumer that owns lane 0 and whose client is r. A half of
// it is full with one record.
func readingRig(t *testing.T, r reader) (*Consumer, *lane) {
	t.Helper()
	c := NewConsumer(Config{Channel: domain.Email, Source: rigSource, Replay: rigReplay, DrainTimeout: 20 * time.Second},
		Deps{Observer: ports.NoObserver{}, Slots: delivery.NewSlots(1)})
	c.lanes.reader, c.lanes.partitions = r, 1
	l := newLane(0, rigSource, c.lanes.ready, &c.lanes.intake, r)
	l.attach(rigSource)
	l.attach(rigReplay)
	c.lanes.lanes[0] = l
	c.lanes.intake.halves.Store(maxQueued)
	c.polled.Store(time.Now().UnixNano())
	return c, l
}

func (c *Consumer) readOne() {
	r := recordAt(0).Record
	c.registrar.register(kgo.FetchTopicPartition{Topic: rigSource, FetchPartition: kgo.FetchPartition{
		Partition: 0, Records: []*kgo.Record{{Topic: r.Topic, Value: r.Value}},
	}})
}

// A worker that finishes the last record while the poll loop is about to pause
// the partition comes before the decision or after the execution, never between.
func TestAHalfThatEmptiesWhileItIsBeingPausedIsReadAgain(t *testing.T) {
	client := &pauses{}
	c, l := readingRig(t, client)
	if l.begin(t.Context(), remembered{ledger.NewMemory()}) == nil {
		t.Fatal("the lane does not begin")
	}
	emptied := make(chan struct{})
	client.onPause = func() {
		go func() {
			defer close(emptied)
			q := c.lanes.ready.pop()
			it, e, _ := l.take(q)
			l.finish(q, it, e, true)
		}()
		if l.mu.TryLock() { // nothing keeps the worker out: let it come between
			l.mu.Unlock()
			<-emptied
		}
	}
	c.readOne()
	<-emptied
	if h := l.halves[rigSource]; h.queued != 0 || h.paused || len(client.paused) > 0 {
		t.Errorf("%d queued, paused: %v, and by the client: %v", h.queued, h.paused, client.paused)
	}
}

// The watchdog sees each way in which work can be due while nothing moves, and
// nothing else.
func TestTheWatchdog(t *testing.T) {
	for what, test := range map[string]struct {
		arrange func(c *Consumer, l *lane)
		alive   bool
	}{
		"nothing to do":       {func(*Consumer, *lane) {}, true},
		"the poll loop hangs": {func(c *Consumer, _ *lane) { c.polled.Add(-int64(time.Hour)) }, false},
		"nothing starts":      {func(c *Consumer, _ *lane) { c.lanes.ready.push(&queue{}) }, false},
		"all slots are taken": {func(c *Consumer, _ *lane) {
			for c.lanes.ready.push(&queue{}); c.deps.Slots.Idle(); {
				_, _ = c.deps.Slots.Start(c.life.ctx)
			}
		}, true},
		"paused and empty": {func(_ *Consumer, l *lane) { l.reader.PauseFetchPartitions(l.halves[rigReplay].partitions) }, false},
		"paused and full":  {func(c *Consumer, _ *lane) { c.readOne() }, true},
		"paused and given up": {func(_ *Consumer, l *lane) {
			l.reader.PauseFetchPartitions(l.halves[rigReplay].partitions)
			l.detach(rigReplay)
		}, true},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := readingRig(t, &pauses{})
				test.arrange(c, l)
				if err := c.Live(); err != nil && what != "the poll loop hangs" {
					t.Errorf("at once: %v", err)
				}
				tick(3*c.cfg.DrainTimeout + 11*time.Second)
				if what != "the poll loop hangs" {
					c.polled.Store(time.Now().UnixNano())
				}
				if err := c.Live(); (err == nil) != test.alive {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}
