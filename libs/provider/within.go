package provider

import (
	"context"
	"time"
)

// Within returns a context that is over after timeout at the latest: ctx itself where
// its own deadline comes first, because a second deadline costs a timer and memory for
// each request. Cancel it when the call has returned.
func Within(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= timeout {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}
