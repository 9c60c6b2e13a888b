package app

import (
	"runtime/debug"

	"go.uber.org/fx"
)

const (
	// defaultPercent is Go's own: garbage may be as much as all that is in use.
	defaultPercent = 100
	// garbagePercent of a large index costs a few collections more while the dead
	// letters are read, and saves a third of the process.
	garbagePercent = 40
)

// limitGarbage keeps the garbage collector from letting the heap double on top of
// a large index, which is held for as long as the program runs. Where GOGC is set,
// the operator has decided. Unlike a memory limit it needs no count of the
// indexes: there are two while all is read anew, and another one for a job.
func limitGarbage(lc fx.Lifecycle) {
	lc.Append(fx.StartHook(func() {
		if set := debug.SetGCPercent(garbagePercent); set != defaultPercent {
			debug.SetGCPercent(set)
		}
	}))
}
