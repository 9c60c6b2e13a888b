package provider

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Turns bounds how many calls of one kind run at once. Make it with NewTurns; it
// may be used concurrently.
type Turns chan struct{}

// NewTurns returns n turns.
func NewTurns(n int) Turns { return make(Turns, n) }

// Take waits for a turn and returns the function that gives it back, or a failure if
// ctx is over first.
func (t Turns) Take(ctx context.Context) (giveBack func(), _ *domain.Failure) {
	if ctx.Err() == nil {
		select {
		case t <- struct{}{}:
			return func() { <-t }, nil
		case <-ctx.Done():
		}
	}
	return nil, &domain.Failure{
		Class: domain.ClassTransient, Code: "canceled", Detail: "the call was over before its turn; nothing was written", Cause: context.Cause(ctx),
	}
}
