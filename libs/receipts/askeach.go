package receipts

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// askEach asks about messages one by one until the next round is due. It ends with the
// first failure, but lets calls under way finish.
func (r *round) askEach(ctx context.Context, all []candidate) error {
	end := time.Now().Add(r.w.cfg.Poll / 2)
	next, failed := make(chan candidate), make(chan error, ConcurrentCalls)
	var askers sync.WaitGroup
	for range min(ConcurrentCalls, len(all)) {
		askers.Go(func() {
			for c := range next {
				if err := r.askOne(ctx, c); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	err := r.handOut(all, next, failed, end)
	close(next)
	askers.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	return err
}

// handOut passes the messages to the askers, until one of them fails.
func (r *round) handOut(all []candidate, next chan<- candidate, failed <-chan error, end time.Time) error {
	for _, c := range r.w.pause.order(all) {
		if time.Now().After(end) {
			return nil
		}
		select {
		case next <- c:
		case err := <-failed:
			return err
		}
	}
	return nil
}

func (r *round) askOne(ctx context.Context, c candidate) error {
	q, waits := r.w.memory.question(c)
	if !waits {
		return nil
	}
	var told ports.Receipt
	err := r.w.calls.do(ctx, func(ctx context.Context, _ *hold) (err error) {
		told, err = r.w.deps.Source.Ask(ctx, q)
		return err
	})
	if err != nil {
		r.w.pause.note(c, err)
		return err
	}
	if told.Kind != "" {
		told.ProviderID = q.ProviderID
		r.take(told)
	}
	r.w.memory.looked(r.now, r.w.ages, c)
	return nil
}
