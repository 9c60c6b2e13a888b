// Package metrics makes the registry that a program's metrics are kept in.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
)

// New returns a registry with the metrics of the Go runtime, the process and the
// build. Programs share no registry, so that several can run in one process.
func New(info build.Info) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "notifications_build_info",
			Help:        "Which build is running; always 1.",
			ConstLabels: prometheus.Labels{"service": info.Service, "version": info.Version, "revision": info.Revision, "goversion": info.Go},
		}, func() float64 { return 1 }),
	)
	return registry
}
