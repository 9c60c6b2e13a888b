package receipts_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// The times of the rig's channel.
const (
	poll    = time.Minute
	horizon = 72 * time.Hour
	settled = 30 * time.Minute
	keeps   = 5 * 24 * time.Hour
)

// fact is something that became of a message; it shows from some moment on.
type fact struct {
	ports.Receipt
	shows time.Time
}

// provider is a source of receipts that tells what it was told to.
type provider struct {
	mu     sync.Mutex
	bounds ports.ReceiptBounds
	facts  map[string][]fact
	sentAt map[string]time.Time
	// failure is what every call ends with while it is set.
	failure error
	// poison is a message about which asking always fails.
	poison string

	asked, busy, most int
	asks              map[string][]time.Time
	spans             []ports.Span
}

func newProvider(basis ports.SpanBasis, bulk int) *provider {
	return &provider{
		bounds: ports.ReceiptBounds{Basis: basis, Keeps: keeps, Settled: settled, Bulk: bulk},
		facts:  map[string][]fact{}, sentAt: map[string]time.Time{}, asks: map[string][]time.Time{},
	}
}

func (p *provider) Bounds() ports.ReceiptBounds { return p.bounds }

// call counts a call and takes a moment.
func (p *provider) call() error {
	p.mu.Lock()
	p.busy++
	p.asked++
	p.most = max(p.most, p.busy)
	err := p.failure
	p.mu.Unlock()
	<-time.After(50 * time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	return err
}

func (p *provider) Ask(_ context.Context, m ports.SentMessage) (best ports.Receipt, err error) {
	if err := p.call(); err != nil {
		return best, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks[m.ProviderID] = append(p.asks[m.ProviderID], time.Now())
	if m.ProviderID == p.poison {
		return best, &domain.Failure{Class: domain.ClassTransient, Code: "provider.500"}
	}
	for _, f := range p.facts[m.ProviderID] {
		if !f.shows.After(time.Now()) && f.Kind.Rank() > best.Kind.Rank() {
			best = f.Receipt
		}
	}
	return best, nil
}

func (p *provider) Read(_ context.Context, s ports.Span, each func(ports.Receipt)) (int, error) {
	if err := p.call(); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spans = append(p.spans, s)
	if s.From.Before(time.Now().Add(-p.bounds.Keeps)) {
		return 0, ports.ErrSpanExpired
	}
	within := func(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }
	for id, facts := range p.facts {
		for _, f := range facts {
			at := f.At
			if p.bounds.Basis == ports.SpanOfSends {
				at = p.sentAt[id]
			}
			if within(at) && !f.shows.After(time.Now()) {
				each(f.Receipt)
			}
		}
	}
	return 0, nil
}

// happens lets something become of a message after a while, which shows later.
func (p *provider) happens(id string, kind domain.ReceiptKind, in, shows time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now().Add(in)
	p.facts[id] = append(p.facts[id], fact{ports.Receipt{ProviderID: id, Kind: kind, At: at}, at.Add(shows)})
}

func (p *provider) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = err
}

// record is one record of the log: a message or a receipt of it.
type record struct {
	message receipts.Message
	kind    domain.ReceiptKind
	at      time.Time
}

// rig is a log of one section and a watcher of it, which can crash.
type rig struct {
	*testing.T
	provider *provider
	room     receipts.Room
	observer *alerts

	mu  sync.Mutex
	log []record
	// written are the receipts by message.
	written  map[string][]domain.ReceiptKind
	resolved []string
	down     bool

	watcher *receipts.Watcher
	section *receipts.Section
	stop    context.CancelFunc
	// committed is how far the group is, and settled what stands beside it.
	committed int64
	settled   time.Time
	// live is set while the section is told what is appended.
	live bool
}

func newRig(t *testing.T, p *provider) *rig {
	r := &rig{T: t, provider: p, observer: &alerts{count: map[string]int64{}}, written: map[string][]domain.ReceiptKind{}}
	r.start()
	return r
}

// start reads the log as a new owner does.
func (r *rig) start() {
	r.watcher = receipts.New(receipts.Config{Channel: domain.Email, Poll: poll, Horizon: horizon},
		receipts.Deps{Source: r.provider, Log: r, Observer: r.observer, Room: r.room})
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { r.watcher.Run(ctx) })
	section := r.watcher.Open(7, r.settled)
	r.mu.Lock()
	from := r.committed
	if r.provider.bounds.Basis == ports.SpanOfEvents {
		back := time.Now().Add(-horizon)
		for from > 0 && r.log[from-1].at.After(back) {
			from--
		}
	}
	for _, rec := range r.log[from:] {
		tell(section, rec)
	}
	r.live, r.section = true, section
	r.mu.Unlock()
	section.Loaded()
	r.stop = func() {
		stop()
		ended.Wait()
	}
}

func tell(l *receipts.Section, rec record) {
	if rec.kind != "" {
		l.Received(rec.message.ProviderID, rec.kind)
	} else {
		l.Sent(rec.message)
	}
}

// commit is what the group does at times.
func (r *rig) commit() {
	r.mu.Lock()
	at := int64(len(r.log))
	r.mu.Unlock()
	if oldest, waits := r.watcher.Oldest()[r.section]; waits {
		at = min(at, oldest)
	}
	r.committed, r.settled = max(r.committed, at), r.section.Settled()
}

// crash ends the process without a word.
func (r *rig) crash() {
	r.mu.Lock()
	r.live = false
	r.mu.Unlock()
	r.stop()
	r.section.Close()
}

func (r *rig) append(rec record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.at = time.Now()
	if rec.kind == "" {
		rec.message.Offset = int64(len(r.log))
	}
	r.log = append(r.log, rec)
	if r.live {
		tell(r.section, rec)
	}
}

// sent lets the provider accept a message.
func (r *rig) sent(id string) {
	r.provider.mu.Lock()
	r.provider.sentAt[id] = time.Now()
	r.provider.mu.Unlock()
	r.append(record{message: receipts.Message{ProviderID: id, SentAt: time.Now(), Ref: "ref of " + id}})
}

// Write implements receipts.Log.
func (r *rig) Write(ctx context.Context, f receipts.Finding) error {
	for r.isDown() {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.Section != 7 || f.Message.Ref != "ref of "+f.Message.ProviderID {
		r.Errorf("a finding is about %+v", f)
	}
	if f.Message.Doubtful {
		r.append(record{message: receipts.Message{ProviderID: f.Message.ProviderID, SentAt: time.Now(), Ref: f.Message.Ref}})
	}
	r.mu.Lock()
	if f.Message.Doubtful {
		r.resolved = append(r.resolved, f.Message.ProviderID)
	}
	if f.Receipt.Kind != "" {
		r.written[f.Message.ProviderID] = append(r.written[f.Message.ProviderID], f.Receipt.Kind)
	}
	r.mu.Unlock()
	if f.Receipt.Kind != "" {
		r.append(record{message: f.Message, kind: f.Receipt.Kind})
	}
	return nil
}

func (r *rig) isDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.down
}

func (r *rig) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// Recall implements receipts.Log.
func (r *rig) Recall(_ context.Context, _ int32, offset int64) (receipts.Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log[offset].message, nil
}

// told returns the receipts of a message in the log.
func (r *rig) told(id string) []domain.ReceiptKind {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.written[id])
}

// want fails the test unless exactly these receipts of a message are in the log.
func (r *rig) want(id string, kinds ...domain.ReceiptKind) {
	r.Helper()
	if got := r.told(id); !slices.Equal(got, kinds) {
		r.Errorf("%s: the log has %v, want %v", id, got, kinds)
	}
}

// alerts counts alerts.
type alerts struct {
	ports.NoObserver
	mu    sync.Mutex
	count map[string]int64
}

func (a *alerts) Alert(ch domain.Channel, code, detail string) { a.AlertN(ch, code, detail, 1) }

func (a *alerts) AlertN(_ domain.Channel, code, _ string, n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count[code] += n
}

func (a *alerts) of(code string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count[code]
}

func name(i int) string { return fmt.Sprintf("%064x@mg.clinic.example", i) }
