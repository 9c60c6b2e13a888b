//go:build !race

package engine

import "time"

// rounds divides the number of seeds.
const rounds = 1

// stalled is how long, in real time, a test in virtual time may take: minutes
// more than the slowest does.
const stalled = 4 * time.Minute
