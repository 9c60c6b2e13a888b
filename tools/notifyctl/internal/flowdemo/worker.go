package flowdemo

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// worker is one life of a worker process. What it knows ends with it.
type worker struct {
	*demo
	processor *delivery.Processor
	queues    []*queue
	mark      watermark
}

// queue holds the records of one appointment. They are worked on one after the
// other, so that the patient hears the newest time last.
type queue struct{ tasks []delivery.Task }

// name is the appointment; what cannot be decoded has none.
func (q *queue) name() string {
	if q.tasks[0].Event == nil {
		return "(cannot be decoded)"
	}
	return q.tasks[0].QueueKey()
}

// newWorker reads from the committed offset.
func newWorker(d *demo) *worker {
	w := &worker{
		demo: d, processor: delivery.NewProcessor(delivery.NewSlots(8)),
		mark: watermark{at: d.topic.committed, finished: map[int64]bool{}},
	}
	for _, c := range d.channels {
		w.processor.Add(c.deliverer(d.dead), c.ledger)
	}
	decoder, byKey := domain.NewDecoder(), map[string]*queue{}
	for _, r := range d.topic.records[d.topic.committed:] {
		t := delivery.NewTask(decoder, r)
		q := byKey[t.QueueKey()]
		if q == nil {
			q = &queue{}
			byKey[t.QueueKey()], w.queues = q, append(w.queues, q)
		}
		q.tasks = append(q.tasks, t)
	}
	return w
}

// result is what became of one record.
type result struct {
	offset int64
	report delivery.Report
	err    error
}

// run works on all queues until n records have their outcome, then ends the
// process as kill -9 does: what is under way leaves no trace.
func (w *worker) run(ctx context.Context, n int) error {
	ctx, kill := context.WithCancel(ctx)
	results := make(chan result, len(w.topic.records))
	var running sync.WaitGroup
	for _, q := range w.queues {
		running.Go(func() { w.drain(ctx, q, results) })
	}
	var failed error
	for range n {
		r := <-results
		if failed = r.err; failed != nil {
			break
		}
		w.finish(r)
	}
	kill()
	for _, c := range w.channels {
		c.sender.hangUp()
	}
	running.Wait()
	return failed
}

func (w *worker) drain(ctx context.Context, q *queue, results chan<- result) {
	for _, t := range q.tasks {
		report, err := w.processor.Process(ctx, t)
		results <- result{t.Record.Offset, report, err}
		if err != nil {
			return
		}
	}
}

// finish tells what became of a record and commits what it completes.
func (w *worker) finish(r result) {
	w.mark.done(r.offset)
	for _, c := range w.channels {
		w.say("offset %d  %-5s  %s", r.offset, c.name, describe(r.report[c.name]))
	}
	if w.mark.at > w.topic.committed {
		w.topic.committed = w.mark.at
		w.say("          watermark %d  → commit %d", w.mark.at, w.mark.at)
		return
	}
	w.say("          watermark %d  offset %d is not finished, so nothing behind it is committed", w.mark.at, w.mark.at)
}

func describe(o domain.Outcome) string {
	switch o.Status {
	case domain.StatusSkipped:
		return fmt.Sprintf("%s: %s", o.Status, o.Reason)
	case domain.StatusDeadLettered:
		return fmt.Sprintf("%s: %s (%s)", o.Status, o.Failure.Class, o.Failure.Code)
	case domain.StatusSent:
	}
	if o.Attempts == 0 {
		return "sent: a claim without an outcome stood in the ledger; the provider was asked and had it"
	}
	return string(o.Status)
}

func offsets(tasks []delivery.Task) string {
	var all []string
	for _, t := range tasks {
		all = append(all, fmt.Sprint(t.Record.Offset))
	}
	return strings.Join(all, ", ")
}
