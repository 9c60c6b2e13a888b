// Package fate says what becomes of accepted messages, the same way for both
// providers.
package fate

import (
	"cmp"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// later is how many times longer than a delivery it takes until what follows it.
const later = 3

// Turns returns what becomes of a message with a fate. delivery is how long a usual
// message takes, code a provider's usual number for a failure.
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
