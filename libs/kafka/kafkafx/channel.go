package kafkafx

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// Sender is a provider's adapter. Close ends what it keeps open between calls.
type Sender interface {
	ports.Sender
	Close()
}

// Channel wires a whole channel worker on top of runtimefx.Module: all that a
// channel adds is its settings and a constructor of its sender, which does no
// I/O.
func Channel[S Sender](s Settings, newSender func() (S, error)) fx.Option {
	return fx.Options(
		StopTimeout(s.Delivery),
		runtimefx.Observer(observe.Hints{s.Program.Channel: s.AccountHint}),
		fx.Supply(s),
		fx.Module("sender", fx.Provide(func(lc fx.Lifecycle) (ports.Sender, error) {
			sender, err := newSender()
			if err != nil {
				return nil, err
			}
			lc.Append(fx.StopHook(sender.Close))
			return sender, nil
		})),
		Worker(),
	)
}

// ProviderSlots is how many requests to its provider a worker makes at once:
// look-ups come on top of the sends.
func ProviderSlots(d config.Delivery) int {
	return d.Concurrency + delivery.ConcurrentLookUps + delivery.ConcurrentSamples
}
