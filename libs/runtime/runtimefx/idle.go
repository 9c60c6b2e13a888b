package runtimefx

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
)

// Idleness is the section "idle" of /status.
type Idleness struct {
	Channel domain.Channel `json:"channel"`
	// Reason names the reason why nothing is sent, and the remedy.
	Reason string `json:"reason"`
}

// Idle is a program that does nothing on purpose: it is healthy, and its log, /status
// and the metric notifications_idle show that it is idle and why. It needs Module.
func Idle(ch domain.Channel, reason string) fx.Option {
	return fx.Module("idle", fx.Invoke(func(log *zap.Logger, h *health.Registry, r prometheus.Registerer) error {
		h.AddStatus("idle", func() any { return Idleness{Channel: ch, Reason: reason} })
		idle := prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "notifications_idle", Help: "1 while the channel is switched off; absent otherwise.",
			ConstLabels: prometheus.Labels{"channel": string(ch)},
		})
		idle.Set(1)
		log.Info("idle", logging.Channel(ch), zap.String("reason", reason))
		return r.Register(idle)
	}))
}
