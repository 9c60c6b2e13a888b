// Package collector sets Go's garbage collector by what a program needs, and by
// what its container has.
package collector

import (
	"io/fs"
	"math"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// calmPercent is Go's own: garbage may be as much as all that is in use.
	calmPercent = 100
	// busyPercent lets there be four times as much, so that there are a quarter of
	// the collections.
	busyPercent = 400
	// raiseAt collections in one second cost more than the memory that saves them.
	raiseAt = 3
	// lowerAt collections in calmTicks seconds with busyPercent would be two a second
	// without it: the difference to raiseAt keeps a steady load from going to and
	// fro.
	lowerAt   = 5
	calmTicks = 10
	// headroom is the part of its container's memory that a program takes at most,
	// in percent: the rest is for what Go does not count, such as the program's own
	// pages.
	headroom = 90
)

// Collector is the garbage collector of this process. It spends memory on
// processor time while there is much to do, up to what the program needs at most,
// and gives it back afterwards. It must not be used concurrently.
type Collector struct {
	own       Own
	container int64
	recent    [calmTicks]uint64
	ticks     int
	seen      uint64
	percent   int

	setPercent func(int) int
	setLimit   func(int64) int64
	cycles     func() uint64
}

// Own says what the operator has set; it is left alone.
type Own struct {
	// Percent is set by GOGC, Limit by GOMEMLIMIT.
	Percent, Limit bool
}

// New returns the collector. root is the file system of the machine, in which the
// container's limit is looked up.
func New(own Own, root fs.FS) *Collector {
	return &Collector{
		own: own, container: containerLimit(root), percent: calmPercent,
		setPercent: debug.SetGCPercent, setLimit: debug.SetMemoryLimit, cycles: cycles,
	}
}

// Tick sets the collector for the next second. need is how much memory, in bytes,
// the program may take now.
func (c *Collector) Tick(need int64) {
	if !c.own.Limit {
		c.setLimit(min(need, c.container/100*headroom))
	}
	if want := c.wanted(); !c.own.Percent && want != c.percent {
		c.percent = want
		c.setPercent(want)
	}
}

// wanted returns the percentage for the next second.
func (c *Collector) wanted() int {
	now := c.cycles()
	last := now - c.seen
	c.seen = now
	c.recent[c.ticks%calmTicks] = last
	c.ticks++
	switch {
	case c.ticks > 1 && last >= raiseAt:
		return busyPercent
	case c.ticks%calmTicks == 0 && sum(c.recent[:]) < lowerAt:
		return calmPercent
	default:
		return c.percent
	}
}

func sum(values []uint64) (total uint64) {
	for _, v := range values {
		total += v
	}
	return total
}

// cycles returns how many collections there were since the process began.
func cycles() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// unlimited is the limit of a program that has none.
const unlimited = math.MaxInt64
