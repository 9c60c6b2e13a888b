package engine

import (
	"os"
	"testing"
)

// crowd marks a test in which members join while others work. During a join the
// client holds a mutex that its commits wait for, and a goroutine that waits for
// a mutex keeps virtual time from passing: the join, which waits for time to
// pass, never ends. With the build tag synctests the client's mutexes are
// channels, which have no such effect. `make test` and `make race` set it; an
// unattended run without it fails.
func crowd(t *testing.T) {
	t.Helper()
	if mutexesAreChannels {
		return
	}
	const without = "several members in virtual time need -tags synctests"
	switch os.Getenv("CI") {
	case "", "0", "false":
		t.Skip(without)
	default:
		t.Fatal(without)
	}
}
