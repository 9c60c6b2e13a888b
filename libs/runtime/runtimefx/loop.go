package runtimefx

import (
	"context"

	"go.uber.org/fx"
	"go.uber.org/zap"
)

// Loop runs work for as long as the program does: it starts with the program, its
// context ends when the program stops, and the stop waits for it. If work returns an
// error, the program ends with exit code 1.
//
// The context of OnStart ends with the start, so work gets one of its own.
func Loop(lc fx.Lifecycle, stop fx.Shutdowner, log *zap.Logger, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() {
				defer close(ended)
				if err := work(ctx); err != nil {
					log.Error("cannot go on", zap.Error(err))
					_ = stop.Shutdown(fx.ExitCode(ExitFailed))
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			cancel()
			select {
			case <-ended:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
}
