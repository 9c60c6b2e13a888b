package bench

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/keyorder"
)

// load is what all contestants have to send, and what is watched of it.
type load struct {
	slots            int
	fastest, slowest time.Duration
	partitions       int
	// keys is over how many appointments the events are spread at random; 0 gives
	// each event its own.
	keys int
	// warm sends are left out, then sends are watched, for at most as long as
	// watched. With whole nothing is left out: the load ends with its last send.
	warm, sends int
	watched     time.Duration
	whole       bool
	// cpu and rate are the budgets of ours against the floor, memory that of the
	// e-mail worker in MiB; 0 is none.
	cpu, rate, memory float64
}

const ms = time.Millisecond

// loads are those of the budgets.
func loads() []load {
	return []load{
		{slots: 256, fastest: 5 * ms, slowest: 100 * ms, partitions: 6, warm: 6_000, sends: 20_000, watched: 20 * time.Second, cpu: 1.8, memory: 160},
		{slots: 64, partitions: 12, warm: 6_000, sends: 150_000, watched: 5 * time.Second, cpu: 2.5},
		{slots: 256, fastest: 5 * ms, slowest: 100 * ms, partitions: 1, warm: 6_000, sends: 30_000, watched: 6 * time.Second, rate: 0.97},
		{slots: 256, fastest: 100 * ms, slowest: 100 * ms, partitions: 12, keys: 4_000, sends: 20_000, watched: time.Minute, whole: true, rate: 0.95},
	}
}

func (l load) String() string {
	latency := fmt.Sprintf("%d–%d ms", l.fastest.Milliseconds(), l.slowest.Milliseconds())
	if l.fastest == l.slowest {
		latency = fmt.Sprintf("%d ms", l.fastest.Milliseconds())
	}
	keys := "one key each"
	if l.keys > 0 {
		keys = fmt.Sprintf("%d keys for %d events", l.keys, l.sends)
	}
	return fmt.Sprintf("S=%d, %s, %s, %s", l.slots, latency, plural(l.partitions, "partition"), keys)
}

// events is how many are published: the slots stay full to the end of what is
// watched.
func (l load) events() int {
	if l.whole {
		return l.sends
	}
	return l.warm + l.sends + 2*l.slots
}

// ids returns the appointment of each event, the same ones in every run.
func (l load) ids() []string {
	ids, random := make([]string, l.events()), rand.New(rand.NewPCG(1, 1))
	for i := range ids {
		n := i
		if l.keys > 0 {
			n = random.IntN(l.keys)
		}
		ids[i] = "load-" + strconv.Itoa(n)
	}
	return ids
}

// heldByProcess is how many unfinished events a worker holds in memory, shared
// by the source and replay halves of its lanes (libs/kafka/engine/intake.go).
const heldByProcess = 8192

// bounds returns how fast the load can be with order per key, if so many events
// of a partition are held in memory; 0 is all of them.
func (l load) bounds(held int) keyorder.Bounds {
	numbers, events := map[string]int{}, make([]keyorder.Event, 0, l.events())
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic("")
	for _, id := range l.ids() {
		if _, known := numbers[id]; !known {
			numbers[id] = len(numbers)
		}
		p := partitioner.Partition(&kgo.Record{Key: []byte(id)}, l.partitions)
		events = append(events, keyorder.Event{Partition: p, Key: numbers[id]})
	}
	return keyorder.System{Slots: l.slots, Latency: l.slowest, Held: held}.Of(events)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
