// Package collector sets Go's garbage collector by what a program needs, and by
// what its container has.
package collector

import (
	"io/fs"
	"math"
	"runtime/debug"
)

const (
	// calmPercent is Go's own: garbage may be as much as all that is in use.
	calmPercent = 100
	// busyPercent lets there be four times as much, so that there are a quarter of
	// the collections.
	busyPercent = 400
	// busyMemory comes on top of what a busy program needs, in bytes.
	busyMemory = 44 << 20
	// headroom is the part of its container's memory that a program takes at most,
	// in percent: the rest is for what Go does not count, such as the program's own
	// pages.
	headroom = 90
	// filled is the part of the limit that garbage may fill, in percent. At the limit
	// itself Go gives pages back to the system and takes them again all the time.
	filled = 80
	// worthFreeing is by how much the limit falls, in bytes, when memory is given back.
	worthFreeing = 16 << 20
	// step is the least change of a percentage that is worth stopping the program for.
	step = 20
)

// Collector is the garbage collector of this process. It spends memory on
// processor time while there is much to do, and gives it back afterwards. It must
// not be used concurrently.
type Collector struct {
	own       Own
	container int64
	limit     int64
	percent   int

	setPercent func(int) int
	setLimit   func(int64) int64
	free       func()
	read       func() state
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
		setPercent: debug.SetGCPercent, setLimit: debug.SetMemoryLimit, free: debug.FreeOSMemory, read: read,
	}
}

// Tick sets the collector until the next call. need is how much memory, in bytes,
// the program may take while there is little to do; busy is set while there is much.
func (c *Collector) Tick(need int64, busy bool) {
	limit, percent := min(need, c.container/100*headroom), calmPercent
	if busy {
		limit = min(need+busyMemory, c.container/100*headroom)
		percent = c.read().percentWithin(limit)
	}
	if !c.own.Limit {
		c.setLimit(limit)
	}
	if change := percent - c.percent; !c.own.Percent && (change >= step || change <= -step) {
		c.percent = percent
		c.setPercent(percent)
	}
	if c.limit-limit >= worthFreeing && !c.own.Limit {
		c.free() // who has little to do collects so seldom that it would keep what it had
	}
	c.limit = limit
}

// unlimited is the limit of a program that has none.
const unlimited = math.MaxInt64
