// Package collector tunes Go's garbage collector to the needs of a program and the
// memory of its container.
package collector

import (
	"io/fs"
	"math"
	"runtime/debug"
)

const (
	// calmPercent is Go's default: as much garbage as live heap.
	calmPercent = 100
	// busyPercent allows four times as much garbage, and so a quarter of the
	// collections.
	busyPercent = 400
	// busyMemory is added to the need of a busy program, in bytes.
	busyMemory = 44 << 20
	// leastBusy is what any busy program may take, in bytes: what the charts request.
	leastBusy = 128 << 20
	// headroom is the part of its container's memory that a program takes at most, in
	// percent: the rest is for memory that Go does not count, such as the program's own
	// pages.
	headroom = 90
	// filled is the part of the limit that garbage may fill, in percent. At the limit
	// itself Go gives pages back to the system and takes them again all the time.
	filled = 80
	// worthFreeing is how far the limit must fall, in bytes, before memory is given
	// back.
	worthFreeing = 16 << 20
	// spacious is what a busy program may take at least, in percent of what is in use.
	// A limit close above that makes the collector run all the time.
	spacious = 150
	// step is the least change of the percentage for which the program is stopped.
	step = 20
)

// Collector is the garbage collector of this process. It uses more memory to save
// processor time while the program is busy, and gives it back afterwards. It must not
// be used concurrently.
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

// Own lists the settings that the operator made, which are left alone.
type Own struct {
	// Percent is set by GOGC, Limit by GOMEMLIMIT.
	Percent, Limit bool
}

// New returns the collector. root is the file system of the machine, from which the
// container's limit is read.
func New(own Own, root fs.FS) *Collector {
	return &Collector{
		own: own, container: containerLimit(root), percent: calmPercent,
		setPercent: debug.SetGCPercent, setLimit: debug.SetMemoryLimit, free: debug.FreeOSMemory, read: read,
	}
}

// Tick sets the collector until the next call. need is how much memory, in bytes, the
// program may take while it is not busy. A busy program may take more where more is in
// use than it was thought to need: its messages may be larger than usual.
func (c *Collector) Tick(need int64, busy bool) {
	limit, percent := min(need, c.container/100*headroom), calmPercent
	if busy {
		now := c.read()
		limit = min(max(need+busyMemory, leastBusy, now.used()/100*spacious), c.container/100*headroom)
		percent = now.percentWithin(limit)
	}
	if !c.own.Limit {
		c.setLimit(limit)
	}
	if change := percent - c.percent; !c.own.Percent && (change >= step || change <= -step) {
		c.percent = percent
		c.setPercent(percent)
	}
	if c.limit-limit >= worthFreeing && !c.own.Limit {
		c.free() // a calm program collects so seldom that it would keep the memory of its busy time
	}
	c.limit = limit
}

// unlimited stands for no limit.
const unlimited = math.MaxInt64
