package receipts

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Section is a Watcher's view of one stretch of the log. While it is loading, the
// provider is not asked about its messages, because their receipts may follow in the
// log. Sent and Received must be called in the order of the log.
type Section struct {
	w      *Watcher
	number int32
	epoch  uint32

	mu     sync.Mutex
	loaded bool
	// read is the time up to which settled spans were read, settled the time up to
	// which their receipts are in the log, too.
	read, settled time.Time
	queue         []job
	// wake is signalled when there is work for the writer.
	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}
}

// job is a receipt to be written, or, without a receipt, a time: that up to which all
// receipts are written once the jobs before it are done.
type job struct {
	finding Finding
	hash    uint64
	// recall is set if the message has to be read from the log first.
	recall  bool
	settled time.Time
}

// Open begins a section. settled is the last result of Settled for it, perhaps in
// another process; zero if unknown.
func (w *Watcher) Open(number int32, settled time.Time) *Section {
	ctx, stop := context.WithCancel(context.Background())
	l := &Section{
		w: w, number: number, read: settled, settled: settled,
		wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{}),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.epochs++
	l.epoch = w.epochs
	w.sections[l.epoch] = l
	go l.write(ctx)
	return l
}

// Sent adds a message that was accepted, or is doubtful. A message without an id is
// ignored, because it cannot be asked about.
func (l *Section) Sent(m Message) {
	if m.ProviderID != "" {
		l.w.memory.sent(l.epoch, m)
	}
}

// Received adds a receipt that is in the log.
func (l *Section) Received(providerID string, kind domain.ReceiptKind) {
	l.w.memory.received(l.epoch, providerID, kind)
}

// Loaded ends the loading: Sent and Received were called for all records of the log.
func (l *Section) Loaded() {
	l.mu.Lock()
	l.loaded = true
	read := l.read
	l.mu.Unlock()
	l.w.joined(read)
}

// Close ends the section and forgets its messages. A write under way may still succeed.
func (l *Section) Close() {
	l.stop()
	<-l.done
	l.w.mu.Lock()
	delete(l.w.sections, l.epoch)
	l.w.mu.Unlock()
	l.w.memory.forget(l.epoch)
}

// Settled returns the time up to which settled spans were read and their receipts
// written; zero before the first.
func (l *Section) Settled() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// upTo returns the time up to which settled spans were read, and reports whether the
// section is loaded.
func (l *Section) upTo() (read time.Time, loaded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.read, l.loaded
}

// settle queues the time up to which all receipts were found.
func (l *Section) settle(until time.Time) {
	l.mu.Lock()
	l.read = until
	l.mu.Unlock()
	l.put(job{settled: until})
}

// put queues jobs for the writer.
func (l *Section) put(jobs ...job) {
	l.mu.Lock()
	l.queue = append(l.queue, jobs...)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// writesAtOnce is how many receipts of a section are written at the same time: they
// share requests.
const writesAtOnce = 64

// write writes what is queued, until ctx is over. Each section has its own writer, so
// that a partition that refuses writes does not hold up the others.
func (l *Section) write(ctx context.Context) {
	defer close(l.done)
	for {
		batch := l.batch()
		if len(batch) == 0 {
			select {
			case <-l.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		var all sync.WaitGroup
		for _, j := range batch {
			if j.settled.IsZero() {
				all.Go(func() { l.w.guarded(func() { l.record(ctx, j) }) })
			}
		}
		all.Wait()
		if ctx.Err() != nil {
			return
		}
		l.advance(batch[len(batch)-1].settled)
	}
}

// batch takes the next jobs off the queue; a time ends a batch. A second receipt of the
// same message waits for the next batch: in the same batch it could be written before
// the first.
func (l *Section) batch() []job {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for taken := map[uint64]bool{}; n < min(len(l.queue), writesAtOnce) && !taken[l.queue[n].hash]; {
		taken[l.queue[n].hash] = true
		n++
		if !l.queue[n-1].settled.IsZero() {
			break
		}
	}
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

func (l *Section) advance(settled time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if settled.After(l.settled) {
		l.settled = settled
	}
}

// record writes one receipt.
func (l *Section) record(ctx context.Context, j job) {
	f := j.finding
	if j.recall {
		m, ok := l.recall(ctx, f.Message)
		if !ok {
			return
		}
		f.Message = m
	}
	if err := l.w.deps.Log.Write(ctx, f); err != nil {
		return // ctx is over; the next owner finds the message waiting
	}
	l.w.memory.written(j)
	l.w.totals.add(f)
}
