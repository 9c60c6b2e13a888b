package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"go.uber.org/zap"
)

// lifetime is shared by the parts of a consumer: the context that they live in, and the
// function with which any of them ends the consumer.
type lifetime struct {
	log *zap.Logger
	// ctx lives until the last send has ended; fatal ends Run with an error.
	ctx   context.Context
	fatal context.CancelCauseFunc
}

func newLifetime(log *zap.Logger) *lifetime {
	ctx, fatal := context.WithCancelCause(context.Background())
	return &lifetime{log: log, ctx: ctx, fatal: fatal}
}

// panicError is a panic that was caught.
type panicError struct{ value any }

// Error names what the panic was called with.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// guarded runs a step of the engine and returns its panic as an error, with the
// stack in the log: a fault that one record brings about must not end the
// process, which would meet the same record again after each start.
func (l *lifetime) guarded(step func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			l.log.Error("a step of the consumer panicked", zap.Any("panic", v), zap.ByteString("stack", debug.Stack()))
			err = &panicError{v}
		}
	}()
	return step()
}

// orStop runs a step whose panic cannot be blamed on a single record or lane, such as
// the poll loop: if it went on after a panic, records that it was about to register
// would be passed over. The consumer is shut down in order instead.
func (l *lifetime) orStop(what string, step func()) {
	err := l.guarded(func() error {
		step()
		return nil
	})
	if err != nil {
		l.fatal(fmt.Errorf("%s: %w", what, err))
	}
}
