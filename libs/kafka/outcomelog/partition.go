package outcomelog

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// partition is one partition of the topic while it is ours.
type partition struct {
	f       *Follower
	number  int32
	section *receipts.Section
	glance  glance
	stop    context.CancelFunc
	// loaded is closed when the records from before the start have been passed on,
	// ended when the loading goroutine has ended.
	loaded, ended chan struct{}

	mu sync.Mutex
	// next is the offset behind the last record that was passed on.
	next int64
	// committed and beside are the offset and the time of the last commit.
	committed int64
	beside    time.Time
}

// open begins a partition and loads it.
func (f *Follower) open(number int32, s start) {
	ctx, stop := context.WithCancel(context.Background())
	p := &partition{
		f: f, number: number, section: f.deps.Watcher.Open(number, s.settled), glance: glance{f.cfg.Channel}, stop: stop,
		loaded: make(chan struct{}), ended: make(chan struct{}), next: s.from, committed: s.committed, beside: s.settled,
	}
	f.mu.Lock()
	f.partitions[number] = p
	f.mu.Unlock()
	go func() {
		defer close(p.ended)
		if f.load(ctx, p, s.end) {
			p.section.Loaded()
			close(p.loaded)
		}
	}()
}

// loadBytes is how much of a partition is asked for at once while it is loaded.
const loadBytes = 4 << 20

// load passes the records before end to the section. It returns false if ctx is over
// before that is done.
func (f *Follower) load(ctx context.Context, p *partition, end int64) bool {
	select {
	case f.loading <- struct{}{}:
		defer func() { <-f.loading }()
	case <-ctx.Done():
		return false
	}
	begun, from := time.Now(), p.position()
	scanner := kafkaclient.NewScanner(f.deps.Reader, f.cfg.Topic, loadBytes)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := scanner.Read(ctx, p.number, p.position(), end, func(r *kgo.Record) error {
			p.tell(r)
			return nil
		})
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		f.deps.Observer.Alert(f.cfg.Channel, "receipts.log", "the outcomes cannot be read, trying again: "+err.Error())
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false
		}
	}
	p.advance(end)
	f.log.Debug("outcomes were read", zap.Int32("partition", p.number), zap.Int64("from", from), zap.Int64("to", end), zap.Duration("took", time.Since(begun)))
	return true
}

// follow passes on a record that was written after the start, once all records before
// it are loaded.
func (p *partition) follow(ctx context.Context, r *kgo.Record) {
	select {
	case <-p.loaded:
		p.tell(r)
	case <-p.ended:
		// ended is also closed after a successful load, so loaded is checked again.
		select {
		case <-p.loaded:
			p.tell(r)
		default:
		}
	case <-ctx.Done():
	}
}

// tell passes a record to the section. A panic that a record causes costs its receipt,
// not the process.
func (p *partition) tell(r *kgo.Record) {
	defer p.advance(r.Offset + 1)
	defer func() {
		if v := recover(); v != nil {
			p.f.deps.Observer.Panicked(p.f.cfg.Channel, v, debug.Stack())
		}
	}()
	o, useful, err := p.glance.read(r.Value)
	if err == nil && useful && o.Kind() == "" && o.Outcome != domain.StatusSent {
		// Without an origin its receipt could not be written and would hold up the
		// commit for ever.
		_, err = o.Origin()
	}
	switch {
	case err != nil:
		p.f.deps.Observer.Alert(p.f.cfg.Channel, "receipts.record", "a record of the outcomes topic cannot be read, and what it tells of gets no receipt: "+err.Error())
	case !useful:
	case o.Kind() != "":
		p.section.Received(o.ProviderMessageID, o.Kind())
	default:
		o.Trace = traceOf(r)
		p.section.Sent(messageOf(o, r.Offset))
	}
}

func (p *partition) advance(next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = max(p.next, next)
}

func (p *partition) position() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}

func (p *partition) close() {
	p.stop()
	<-p.ended
	p.section.Close()
}
