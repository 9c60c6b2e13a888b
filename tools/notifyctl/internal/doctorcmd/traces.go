package doctorcmd

import (
	"net/url"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// traces reports whether spans are made and where they go. The settings are the same
// for all services, and their faults are reported with them. Nothing is sent to the
// collector, because one that is away only costs spans.
func traces(env config.Env) []finding {
	cfg, _, err := config.Load[dlqreplayer.DLQReplayer](env)
	if err != nil {
		return nil
	}
	to, err := url.Parse(cfg.Tracing.URL())
	if err != nil || to.Host == "" {
		return []finding{good("traces: off")}
	}
	return []finding{good("traces: to %s, sampler %s", to.Host, cfg.Tracing.Sampler)}
}
