package delivery_test

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func (r *rig) memory() ports.Ledger {
	if r.tells {
		return memoryThen{(*memory)(r)}
	}
	return (*memory)(r)
}

func (r *rig) outcomes() ports.Outcomes {
	if r.tells {
		return storesThen{(*stores)(r)}
	}
	return (*stores)(r)
}

// memoryThen is the rig as a ledger with asynchronous settlements.
type memoryThen struct{ *memory }

func (m memoryThen) SettleThen(c ports.Claim, s ports.Settlement, then func(error)) {
	err := m.Settle(c, s)
	go then(err)
}

// storesThen is the rig as an asynchronous store of outcomes.
type storesThen struct{ *stores }

func (s storesThen) TellThen(ctx context.Context, c ports.Conclusion, then func(error)) {
	err := s.Tell(ctx, c)
	go then(err)
}
