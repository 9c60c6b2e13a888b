package kafkafx

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/lag"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// measureLag measures how far the group is behind. Its client is not a member of the
// group, so it works even if the consumer hangs.
func measureLag(lc fx.Lifecycle, stop fx.Shutdowner, s Settings, opts clientOptions, metrics prometheus.Registerer, log *zap.Logger) error {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	lc.Append(fx.StopHook(client.Close))
	meter := lag.NewMeter(lag.Config{
		Channel: s.Program.Channel, Group: s.Kafka.Consumer.GroupID,
		Topics: []string{s.topics().Source, s.topics().ReplayFor(s.Program.Channel)},
	}, client, log)
	runtimefx.Loop(lc, stop, log, meter.Run)
	return metrics.Register(meter)
}
