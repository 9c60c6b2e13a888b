package kafkafx

import (
	"context"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
)

// opener adapts the ledger store to the engine. Neither knows the other.
type opener struct{ store *ledgerlog.Store }

var (
	_ engine.LedgerOpener = opener{}
	_ engine.OwnedLedger  = (*ledgerlog.Ledger)(nil)
	_ engine.Unusable     = (*ledgerlog.WrongChannelError)(nil)
	_ engine.Unusable     = (*ledgerlog.NewerError)(nil)
)

// Open implements engine.LedgerOpener.
func (o opener) Open(ctx context.Context, partition int32, progress func(read, of int64)) (engine.OwnedLedger, error) {
	l, err := o.store.Open(ctx, partition, progress)
	if err != nil {
		return nil, err // not a nil *Ledger in a non-nil interface
	}
	return l, nil
}
