//go:build race

package engine

import "time"

// rounds divides the number of seeds: the race detector costs ten times as much.
const rounds = 4

// stalled is how long, in real time, a test in virtual time may take.
const stalled = 15 * time.Minute
