// Package fate decides the fate of accepted messages, for both providers.
package fate

import (
	"cmp"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// later is how many delivery times pass until the event after a delivery.
const later = 3

// Turns returns the turns of a message with a fate. delivery is the usual delivery
// time, code the provider's usual number for a failure.
func Turns(f *script.Action, delivery time.Duration, code int) []journal.Turn {
	code = cmp.Or(f.Code, code)
	delivered := journal.Turn{Kind: journal.Delivered, After: delivery}
	after := cmp.Or(f.Delay, delivery)
	last := cmp.Or(f.Delay, later*delivery)
	delivered.After = min(delivered.After, last)
	switch f.Ending {
	case script.Undelivered:
		return []journal.Turn{{Kind: journal.Failed, After: after, Code: code}}
	case script.Unsent:
		return []journal.Turn{{Kind: journal.Unsent, After: after, Code: code}}
	case script.LateBounce:
		return []journal.Turn{delivered, {Kind: journal.Failed, After: last, Code: code, Late: true}}
	case script.Complained:
		return []journal.Turn{delivered, {Kind: journal.Complained, After: last}}
	case script.Deferred:
		return []journal.Turn{{Kind: journal.Deferred, After: delivered.After, Code: code}, {Kind: journal.Delivered, After: last}}
	case script.FallsBack:
		return []journal.Turn{delivered, {Kind: journal.OnItsWay, After: last}}
	case script.Silent:
		return nil
	default:
		return []journal.Turn{{Kind: journal.Delivered, After: after}}
	}
}
