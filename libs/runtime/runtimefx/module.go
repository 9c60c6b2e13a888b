// Package runtimefx wires what every program shares: logger, metrics, health
// server and observer, and runs the program.
//
// A main.go needs no more than
//
//	var version string // stamped by the linker
//
//	func main() { runtimefx.Main(version, app.Options) }
//
// where app.Options takes the program's settings and returns its modules. It
// does no I/O and does not read the environment.
package runtimefx

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/metrics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
)

// Module provides *zap.Logger, *prometheus.Registry (also as Registerer and Gatherer),
// *health.Registry, *health.Server and *tracing.Traces, and serves the health address
// from the program's first moment to its last: put it before all other modules. Their
// spans are sent after they have stopped.
func Module(cfg config.Service, program config.Program, info build.Info) fx.Option {
	return fx.Module("runtime",
		fx.Supply(cfg, program, info),
		fx.Provide(
			logging.New,
			fx.Annotate(metrics.New, fx.As(fx.Self()), fx.As(new(prometheus.Registerer)), fx.As(new(prometheus.Gatherer))),
			health.NewRegistry,
			newHealthServer,
			newTraces,
		),
		fx.Invoke(func(*health.Server, *tracing.Traces) {}),
	)
}

// newHealthServer returns the server of HEALTH_ADDR, which runs as long as the program.
func newHealthServer(
	lc fx.Lifecycle, cfg config.Service, program config.Program, info build.Info,
	registry *health.Registry, gatherer prometheus.Gatherer, log *zap.Logger,
) *health.Server {
	handler := health.Handler(info, program.Channel, registry, gatherer)
	server := health.NewServer(cfg.HealthAddr, handler, log)
	lc.Append(fx.Hook{OnStart: server.Start, OnStop: server.Stop})
	return server
}

// newTraces returns the traces of the program, which are off without an endpoint.
func newTraces(lc fx.Lifecycle, cfg config.Service, info build.Info, registry *health.Registry, log *zap.Logger) (*tracing.Traces, error) {
	traces, err := tracing.New(cfg.Tracing, info, log)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(traces.Close))
	registry.AddStatus("traces", func() any { return traces.Status() })
	return traces, nil
}

// Observer provides a ports.Observer (also as *observe.Observer) of the channels
// that hints names and shows its state in readiness and on /status. It needs
// Module.
func Observer(hints observe.Hints) fx.Option {
	construct := func(log *zap.Logger, r prometheus.Registerer) (*observe.Observer, error) {
		return observe.New(log, r, hints)
	}
	return fx.Module("observe",
		fx.Provide(fx.Annotate(construct, fx.As(fx.Self()), fx.As(new(ports.Observer)))),
		fx.Invoke(func(r *health.Registry, o *observe.Observer) {
			r.AddReady("sending", o.Ready)
			r.AddStatus("delivery", func() any { return o.Snapshot() })
		}),
	)
}

// eventLogger logs fx's events at debug level, including errors, because the caller
// gets those and reports them once.
func eventLogger(log *zap.Logger) fxevent.Logger {
	logger := &fxevent.ZapLogger{Logger: log.Named("fx")}
	logger.UseLogLevel(zap.DebugLevel)
	logger.UseErrorLevel(zap.DebugLevel)
	return logger
}
