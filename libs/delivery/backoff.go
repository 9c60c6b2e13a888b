package delivery

import (
	"math/rand/v2"
	"time"
)

// Back-off of a transient failure: exponential with full jitter, as in the AWS
// Architecture Blog's "Exponential Backoff And Jitter".
const (
	backoffBase = 2 * time.Second
	backoffCap  = 5 * time.Minute
)

// backoff returns how long to wait after the nth failure, n from 1.
func backoff(n int) time.Duration {
	ceiling := backoffCap
	if shift := n - 1; shift < 8 {
		ceiling = min(backoffCap, backoffBase<<shift)
	}
	return rand.N(ceiling) + 1
}

// Back-off of one message that is refused while others are not.
const (
	refusalBase = 5 * time.Second
	refusalCap  = 5 * time.Minute
)

// refusalWait returns how long a message waits after its nth refusal, n from 1.
func refusalWait(n int) time.Duration { return min(refusalCap, refusalBase<<min(n-1, 8)) }

// delayFloor is the value that the pauses of one message grow to when the provider
// names a shorter delay repeatedly.
const delayFloor = 10 * time.Second
