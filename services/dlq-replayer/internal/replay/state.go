package replay

import (
	"context"
	"fmt"
	"strings"
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
	r.saved, r.written, r.dirty = r.job.clone(), time.Now(), false
	return nil
}

// begin writes the job, its selection, and the audit record of its start.
func (r *run) begin(ctx context.Context, action Action, who Resumption) error {
	record := r.audit(action, who)
	record.Count = r.job.Selected.from(r.job.Cursor).Len()
	audit, err := record.record(r.session.cfg.Log)
	if err != nil {
		return err
	}
	records := []*kgo.Record{audit}
	if _, known := r.session.book.Job(r.job.ID); !known {
		records = append(records, r.job.Selected.records(r.job.ID, true)...)
		records = append(records, r.job.expectedRecords()...)
	}
	return r.write(ctx, records...)
}

// keepAlive writes the state if it is out of date, and otherwise every Beat, so that
// others see that the job is alive.
func (r *run) keepAlive(ctx context.Context) error {
	age := time.Since(r.written)
	if age > r.opts.Beat || r.dirty && age > time.Second {
		return r.write(ctx)
	}
	return nil
}

// finish ends the job. A job that stopped by itself first waits a moment for
// outstanding outcomes. The selection of a job that cannot be resumed is deleted.
func (r *run) finish(ctx context.Context, state State, note string, records ...*kgo.Record) error {
	if state == StateStopped {
		r.settle(ctx)
	}
	if state == StateDone && r.job.LeftOut > 0 {
		note = strings.TrimPrefix(fmt.Sprintf("%s; up to %d younger dead letters were not looked at, because the index was full: "+
			"order the same again", note, r.job.LeftOut), "; ")
	}
	r.job.State, r.job.Note = state, note
	record := r.audit(ActionEnd, r.job.Actor())
	counts := r.job.clone().Counts
	record.Outcome, record.Note, record.Counts = state, note, &counts
	audit, err := record.record(r.session.cfg.Log)
	if err != nil {
		return err
	}
	records = append(records, audit)
	if !state.Resumable() {
		records = append(records, r.job.Selected.records(r.job.ID, false)...)
	}
	if err := r.write(ctx, records...); err != nil {
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

func (r *run) audit(action Action, who Resumption) AuditRecord {
	return AuditRecord{
		At: time.Now(), Who: who.Who, Action: action, Job: r.job.ID, Filter: r.job.Filter, Count: r.job.Total,
		Reason: who.Reason, DeadLetter: r.job.AcceptDuplicate, Corrects: r.job.Corrects,
	}
}
