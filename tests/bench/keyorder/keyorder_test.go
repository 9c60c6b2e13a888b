package keyorder_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/keyorder"
)

const latency = 100 * time.Millisecond

func sequence(n int, event func(i int) keyorder.Event) []keyorder.Event {
	events := make([]keyorder.Event, n)
	for i := range events {
		events[i] = event(i)
	}
	return events
}

func TestSequencesWhoseTimeIsPlain(t *testing.T) {
	oneKey := sequence(7, func(int) keyorder.Event { return keyorder.Event{} })
	ownKeys := sequence(100, func(i int) keyorder.Event { return keyorder.Event{Partition: i % 2, Key: i} })
	// Five of one key, which lie in front of five others on the same partition.
	behind := sequence(10, func(i int) keyorder.Event { return keyorder.Event{Key: max(0, i-4)} })
	for _, c := range []struct {
		name   string
		system keyorder.System
		events []keyorder.Event
		rounds time.Duration
	}{
		{"nothing", keyorder.System{Slots: 8}, nil, 0},
		{"one key is served one by one", keyorder.System{Slots: 8}, oneKey, 7},
		{"own keys fill the slots", keyorder.System{Slots: 8}, ownKeys, 13},
		{"a cap below the slots leaves slots empty", keyorder.System{Slots: 8, Held: 2}, ownKeys, 25},
		{"others overtake the long key", keyorder.System{Slots: 8}, behind, 5},
		{"but not those that are not read yet", keyorder.System{Slots: 8, Held: 2}, behind, 7},
	} {
		c.system.Latency = latency
		if got := c.system.Of(c.events).Served; got != c.rounds*latency {
			t.Errorf("%s: %s, want %s", c.name, got, c.rounds*latency)
		}
	}
}

func TestNoOrderOfServiceBeatsTheBounds(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		keys, partitions := 1+r.IntN(60), 1+r.IntN(5)
		events := sequence(r.IntN(400), func(int) keyorder.Event {
			key := r.IntN(keys)
			return keyorder.Event{Partition: key % partitions, Key: key}
		})
		system := keyorder.System{Slots: 1 + r.IntN(20), Latency: latency, Held: r.IntN(30)}
		bounds := system.Of(events)
		uncapped := keyorder.System{Slots: system.Slots, Latency: latency}.Of(events)
		all := time.Duration(len(events)) * latency
		if bounds.Served < bounds.Least() || bounds.Served > all || uncapped.Least() != bounds.Least() {
			t.Errorf("seed %d: served in %s, at least %s, one by one %s", seed, bounds.Served, bounds.Least(), all)
		}
		if one := (keyorder.System{Slots: 1, Latency: latency}).Of(events).Served; one != all {
			t.Errorf("seed %d: one slot takes %s, want %s", seed, one, all)
		}
	}
}
