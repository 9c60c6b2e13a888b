package engine

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// LedgerOpener opens the ledger of a lane for a new owner.
type LedgerOpener interface {
	// Open takes the ledger of a partition over from its last owner and knows
	// everything that is in it. It retries nothing: after an error the lane opens
	// it again, unless the error is Unusable. While it reads, it reports how many
	// of about how many records are read.
	Open(ctx context.Context, partition int32, progress func(read, of int64)) (OwnedLedger, error)
}

// OwnedLedger is a ledger between being taken over and being given up.
type OwnedLedger interface {
	ports.Ledger
	// Broken is closed when the ledger can no longer be used; Err returns the reason.
	Broken() <-chan struct{}
	Err() error
	// Late returns nil while what is appended is acknowledged in time. Otherwise
	// it returns a channel that is closed when that is so again.
	Late() <-chan struct{}
	// Keys returns how many keys are held in memory.
	Keys() int
}

// Unusable is an error that opening the ledger again cannot mend, such as the
// ledger of another channel. It ends the worker.
type Unusable interface {
	error
	// Unusable tells such an error apart; it does nothing.
	Unusable()
}
