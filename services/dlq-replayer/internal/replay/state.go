package replay

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// write writes the records and the job's state in one transaction.
func (r *run) write(ctx context.Context, records ...*kgo.Record) error {
	r.job.Outstanding = r.window.ids()
	r.job.UpdatedAt = time.Now().UTC().Truncate(time.Millisecond)
	key, value, err := r.job.encode()
	if err != nil {
		return err
	}
	records = append(records, &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
	if err := r.session.commit(ctx, records...); err != nil {
		return err
	}
	r.written, r.dirty = time.Now(), false
	return nil
}

// begin writes the job and the audit record of its start. A cancellation of an
// earlier run is taken back.
func (r *run) begin(ctx context.Context, action Action, count int) error {
	audit, err := r.audit(action, count).record(r.session.cfg.Log)
	if err != nil {
		return err
	}
	r.session.book.uncancel(r.job.ID)
	return r.write(ctx, audit, &kgo.Record{Topic: topics.Resolutions, Key: []byte(cancelPrefix + r.job.ID)})
}

// keepAlive writes the state when it is behind, and now and then anyway, so that
// others see that the job lives.
func (r *run) keepAlive(ctx context.Context) error {
	age := time.Since(r.written)
	if age > beat || r.dirty && age > time.Second {
		return r.write(ctx)
	}
	return nil
}

// finish ends the job. One that stopped by itself first waits a moment for the
// outcomes of what is out.
func (r *run) finish(ctx context.Context, state State, note string) error {
	if state == StateStopped {
		r.settle(ctx)
	}
	r.job.State, r.job.Note = state, note
	record := r.audit(ActionEnd, r.job.Total)
	counts := r.job.clone().Counts
	record.Outcome, record.Note, record.Counts = state, note, &counts
	audit, err := record.record(r.session.cfg.Log)
	if err != nil {
		return err
	}
	if err := r.write(ctx, audit); err != nil {
		return err
	}
	r.tell(Event{})
	return nil
}

func (r *run) settle(ctx context.Context) {
	over := time.NewTimer(min(settle, r.opts.Patience))
	defer over.Stop()
	for len(r.window.outstanding) > 0 {
		select {
		case <-r.session.news:
			r.collect()
		case <-over.C:
			return
		case <-r.opts.Stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (r *run) audit(action Action, count int) AuditRecord {
	return AuditRecord{
		At: time.Now(), Who: r.job.Who, Action: action, Job: r.job.ID, Filter: r.job.Filter, Count: count,
		Reason: r.job.Reason, AcceptDuplicate: r.job.AcceptDuplicate,
	}
}
