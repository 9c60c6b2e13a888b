package receipts

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Section is what a Watcher knows of one stretch of the log. While it is loading it is
// told what the log has, and nobody is asked about it: a receipt may stand further
// on. Sent and Received come in the order of the log.
type Section struct {
	w      *Watcher
	number int32
	epoch  uint32

	mu     sync.Mutex
	loaded bool
	// read is up to when a settled span was read, settled up to when all that it
	// brought is in the log too.
	read, settled time.Time
	queue         []job
	// wake is signalled when there is work for the writer.
	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}
}

// job is a receipt to be written, or, without one, the time up to which all
// receipts before it are.
type job struct {
	finding Finding
	hash    uint64
	// recall is set when the message is still to be read from the log.
	recall  bool
	settled time.Time
}

// Open begins a section. settled is what Settled returned last of it, in whatever
// process; zero when that is not known.
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

// Sent says that a message was accepted, or is doubtful. Without an id nobody can be
// asked about it.
func (l *Section) Sent(m Message) {
	if m.ProviderID != "" {
		l.w.memory.sent(l.epoch, m)
	}
}

// Received says that the log has a receipt of a message.
func (l *Section) Received(providerID string, kind domain.ReceiptKind) {
	l.w.memory.received(l.epoch, providerID, kind)
}

// Loaded ends the loading: Sent and Received were called for all that the log had.
func (l *Section) Loaded() {
	l.mu.Lock()
	l.loaded = true
	read := l.read
	l.mu.Unlock()
	l.w.joined(read)
}

// Close ends the section and forgets what came from it. What is being written may
// still be.
func (l *Section) Close() {
	l.stop()
	<-l.done
	l.w.mu.Lock()
	delete(l.w.sections, l.epoch)
	l.w.mu.Unlock()
	l.w.memory.forget(l.epoch)
}

// Settled returns the time up to which settled spans were read and what they
// brought was written; zero before the first.
func (l *Section) Settled() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// upTo reports whether the section is loaded, and up to when a settled span was read.
func (l *Section) upTo() (read time.Time, loaded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.read, l.loaded
}

// settle queues that all receipts up to a time were found.
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

// write writes what is queued, until ctx is over. Each section has a writer of its own:
// one whose partition takes nothing holds up no other.
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

// batch takes the next jobs off the queue; a time ends a batch. A second receipt of one
// message waits for the next batch: beside the first it could come to stand before it.
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
		return // only at the end, and the next owner finds the message waiting
	}
	l.w.memory.written(j)
	l.w.totals.add(f)
}
