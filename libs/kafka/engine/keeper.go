package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// keeper gives each lane its ledger for as long as the lane is assigned.
type keeper struct {
	*lifetime
	ledgers LedgerOpener
	commits *committer
	scout   *scout
}

// serve opens the lane's ledger and lets the lane work until it is stopped;
// when the ledger breaks it is opened anew. It does not block.
func (k *keeper) serve(l *lane) {
	ctx, cancel := context.WithCancelCause(k.ctx)
	l.mu.Lock()
	l.cancel = cancel
	l.mu.Unlock()
	go k.scout.again(ctx, l)
	go func() {
		defer cancel(nil)
		for ctx.Err() == nil {
			if err := k.guarded(func() error { return k.serveEpoch(ctx, l) }); err != nil && ctx.Err() == nil {
				k.reopen(ctx, l, err)
			}
		}
	}()
}

func (k *keeper) serveEpoch(ctx context.Context, l *lane) error {
	begin := time.Now()
	ledger, err := k.ledgers.Open(ctx, l.partition, k.loading(l))
	if err != nil {
		return err
	}
	k.scout.first(ctx, l)
	k.log.Info("lane open", zap.Int32("partition", l.partition), zap.Int("ledger_keys", ledger.Keys()), zap.Duration("took", time.Since(begin)))
	e := l.begin(ctx, ledger)
	if e == nil {
		return nil
	}
	select {
	case <-ledger.Broken():
	case <-e.ctx.Done():
	}
	<-l.end(e, ledger.Err())
	return errors.Join(ledger.Err(), context.Cause(e.ctx))
}

// reopenPause keeps two members that both believe that they own the lane from fencing
// each other in a tight loop.
const reopenPause = time.Second

// reopen waits and makes sure that the lane is still ours before it is fenced again:
// after a long stop (SIGSTOP, a frozen host) the group may have given it away, and only
// the coordinator knows. The coordinator accepts a commit from members only, so a
// commit tells.
func (k *keeper) reopen(ctx context.Context, l *lane, cause error) {
	var unusable Unusable
	switch {
	case errors.As(cause, &unusable):
		k.fatal(unusable)
		return
	case errors.Is(cause, kerr.UnknownTopicID), errors.Is(cause, kerr.UnknownTopicOrPartition):
		// The client keeps the id of a deleted topic, so waiting does not help even if
		// the topic is created again.
		k.fatal(fmt.Errorf("the ledger topic was deleted while the worker ran: run `%s`, then start the worker: %w", topics.EnsureCommand, cause))
		return
	}
	k.log.Warn("a lane's ledger has to be opened anew", zap.Int32("partition", l.partition), zap.Error(cause))
	for ctx.Err() == nil {
		select {
		case <-time.After(reopenPause):
		case <-ctx.Done():
			return
		}
		if k.commits.confirm(ctx, l) {
			return
		}
	}
}

// LoadStatus is the progress of reading a lane's ledger. Of is an estimate: it counts
// offsets, and some of them may hold no record.
type LoadStatus struct {
	Read int64 `json:"read"`
	Of   int64 `json:"of"`
}

// loadLogEvery is how often the progress of loading a ledger is logged.
const loadLogEvery = 5 * time.Second

// loading returns a function that records and logs the progress of loading l's ledger.
func (k *keeper) loading(l *lane) func(read, of int64) {
	said := time.Now()
	return func(read, of int64) {
		l.mu.Lock()
		l.loading = &LoadStatus{Read: read, Of: of}
		l.mu.Unlock()
		if time.Since(said) < loadLogEvery {
			return
		}
		said = time.Now()
		k.log.Info("loading a lane's ledger", zap.Int32("partition", l.partition), zap.Int64("read", read), zap.Int64("of_about", of))
	}
}
