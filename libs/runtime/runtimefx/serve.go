package runtimefx

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
)

// Serve loads the settings and runs the program until it gets SIGTERM or SIGINT,
// or until one of its parts calls fx.Shutdowner, whose exit code is then
// returned. All faults of the settings are printed, one line each.
func Serve[T Settings](p Process, options func(T) fx.Option) int {
	// Registered before the start, so that a signal during it ends the program in
	// order.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)

	cfg, warnings, err := config.Load[T](p.Env)
	program := cfg.Program()
	if err != nil {
		return refuse(p.Stderr, program, err)
	}
	info := build.Read(program.Name, p.Version)
	log, err := logging.New(cfg.Shared(), info)
	if err != nil {
		_, _ = fmt.Fprintln(p.Stderr, err)
		return ExitFailed
	}
	for _, warning := range warnings {
		log.Warn(warning)
	}
	var registry *health.Registry
	app := fx.New(
		fx.WithLogger(eventLogger),
		Module(cfg.Shared(), program, info),
		options(cfg),
		fx.Populate(&registry),
	)
	log.Info("starting", zap.String("build", info.String()))
	return run(app, log, signals, func() { registry.Drain() })
}

// run starts app, waits until it has to end, and stops it.
func run(app *fx.App, log *zap.Logger, signals <-chan os.Signal, drain func()) int {
	start, cancel := context.WithTimeout(context.Background(), app.StartTimeout())
	defer cancel()
	if err := app.Start(start); err != nil {
		log.Error("cannot start", zap.Error(dig.RootCause(err)))
		return ExitFailed
	}
	code := ExitOK
	select {
	case end := <-app.Wait():
		code = end.ExitCode
	case <-signals:
	}
	log.Info("stopping")
	drain()
	stop, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	if err := app.Stop(stop); err != nil {
		log.Error("not everything stopped in time", zap.Error(err))
		return ExitFailed
	}
	log.Info("stopped", zap.Int("exit_code", code))
	return code
}
