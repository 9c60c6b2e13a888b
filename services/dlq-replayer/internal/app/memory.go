package app

import (
	"runtime/debug"

	"go.uber.org/fx"
)

const (
	// defaultPercent is Go's default: as much garbage as live heap.
	defaultPercent = 100
	// garbagePercent of a large index costs a few collections more while the dead
	// letters are read, and saves a third of the process.
	garbagePercent = 40
)

// limitGarbage keeps the heap from growing to twice the size of a large index, which is
// held for as long as the program runs. It leaves an operator's GOGC alone. Unlike a
// memory limit it does not depend on the number of indexes: there are two while all
// dead letters are read again, and another one for a job.
func limitGarbage(lc fx.Lifecycle) {
	lc.Append(fx.StartHook(func() {
		if set := debug.SetGCPercent(garbagePercent); set != defaultPercent {
			debug.SetGCPercent(set)
		}
	}))
}
