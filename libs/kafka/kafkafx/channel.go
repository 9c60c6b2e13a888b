package kafkafx

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// Sender is a provider's adapter. Close closes the connections that it keeps open
// between calls.
type Sender interface {
	ports.Sender
	Close()
}

// Channel wires a whole channel worker on top of runtimefx.Module: a channel only adds
// its settings and a constructor of its sender, which does no I/O. If the provider
// reports later what became of messages, source returns the adapter that asks it.
func Channel[S Sender](s Settings, newSender func() (S, error), source ...func(S) ports.ReceiptSource) fx.Option {
	return fx.Options(
		StopTimeout(s.Delivery),
		runtimefx.Observer(observe.Hints{s.Program.Channel: s.AccountHint}),
		fx.Supply(s),
		fx.Module("sender", fx.Provide(func(lc fx.Lifecycle) (S, ports.Sender, error) {
			sender, err := newSender()
			if err != nil {
				return sender, nil, err
			}
			lc.Append(fx.StopHook(sender.Close))
			return sender, sender, nil
		})),
		receiptSource(source),
		Worker(),
	)
}

// receiptSource provides the source of receipts, if there is one.
func receiptSource[S Sender](source []func(S) ports.ReceiptSource) fx.Option {
	if len(source) == 0 {
		return fx.Options()
	}
	return fx.Provide(source[0])
}

// ProviderSlots is how many requests to its provider a worker makes at once: its sends
// and its look-ups.
func ProviderSlots(d config.Delivery) int {
	return d.Concurrency + delivery.ConcurrentLookUps + delivery.ConcurrentSamples
}
