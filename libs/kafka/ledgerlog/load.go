package ledgerlog

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// ErrFenceLost means that our fence is no longer in the log: it was deleted, or lost
// with a leader. The lane has to be fenced again.
var ErrFenceLost = errors.New("the own fence is not in the ledger any more")

// progressEvery is how many records are read between two reports of progress.
const progressEvery = 1 << 14

// load folds the log up to our own fence, which it must find.
func (l *Ledger) load(ctx context.Context, fence int64, progress func(read, of int64)) error {
	all, err := l.store.bounds(ctx, l.partition)
	if err != nil {
		return err
	}
	all.to = fence + 1
	loading := loading{Ledger: l, loader: ledger.NewLoader(l.fencedAt), owner: l.store.Channel}
	progress(0, all.to-all.from)
	err = l.store.read(ctx, all, func(r *kgo.Record, e *ledger.Line) error {
		if loading.read++; loading.read%progressEvery == 0 {
			progress(r.Offset-all.from, all.to-all.from)
		}
		return loading.fold(r, e)
	})
	l.index = loading.loader.Index()
	l.memory.seen = l.index.Highest()
	if err == nil && !loading.fenced {
		err = ErrFenceLost
	}
	return err
}

// loading is the state of one load.
type loading struct {
	*Ledger
	loader *ledger.Loader
	// owner is the channel of the oldest fence; empty before the first fence.
	owner domain.Channel
	known bool
	read  int64
	// fenced is set when the own fence was read.
	fenced bool
}

func (l *loading) fold(r *kgo.Record, e *ledger.Line) error {
	if l.read == 1 {
		l.memory.reach = reachOf(r)
	}
	if e == nil {
		return nil
	}
	if e.Kind == ledger.KindFence {
		if !l.known {
			l.known, l.owner = true, e.Channel
		}
		l.fenced = string(e.Token) == l.token
	}
	if l.owner != l.store.Channel {
		return &WrongChannelError{Topic: l.store.Topic, Found: l.owner}
	}
	l.loader.Fold(e, r.Timestamp)
	return nil
}
