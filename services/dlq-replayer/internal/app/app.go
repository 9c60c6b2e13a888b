// Package app wires `dlq-replayer serve`.
package app

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/console"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// Options lists the modules of the service. It is pure: no I/O, no environment.
func Options(cfg settings.DLQReplayer) fx.Option {
	return fx.Options(
		fx.Module("jobs", fx.Supply(cfg), fx.Provide(jobs)),
		fx.Module("serve",
			fx.Provide(newServer),
			fx.Invoke(limitGarbage),
			fx.Invoke(func(s *serve.Server, r *health.Registry, metrics prometheus.Registerer) error {
				r.AddReady("dead_letters", s.Ready)
				r.AddStatus("replayer", func() any { return s.Status() })
				return metrics.Register(s.Metrics())
			}),
		),
		fx.Module("console",
			fx.Provide(newStories, newConsole),
			fx.Invoke(func(*console.Server) {}),
		),
	)
}

// jobs returns the configuration of jobs, with tracing if the settings ask for it.
func jobs(cfg settings.DLQReplayer, log *zap.Logger, traces *tracing.Traces) (replay.Config, error) {
	c, err := cluster.Jobs(cfg, log)
	c.Tracer = traces.Later()
	return c, err
}

// newServer returns the server, which runs as long as the program. A job under way is
// interrupted in order when the program stops; the next process carries it on.
func newServer(lc fx.Lifecycle, cfg replay.Config, log *zap.Logger, stop fx.Shutdowner) *serve.Server {
	server := serve.New(cfg, log)
	runtimefx.Loop(lc, stop, log, server.Run)
	return server
}
