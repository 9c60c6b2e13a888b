package engine

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// deadLetter notes what is written to the DLQ.
func (o *oracle) deadLetter(rec *kmsg.Record) {
	headers := make([]ports.Header, 0, len(rec.Headers))
	for _, h := range rec.Headers {
		headers = append(headers, ports.Header{Key: h.Key, Value: h.Value})
	}
	e, err := envelope.Decode(headers)
	if err != nil {
		o.object("a dead letter cannot be read: %v", err)
	}
	o.dead[death{place{e.Origin.Topic, e.Origin.Partition, e.Origin.Offset}, e.ReplayCount}] = true
}

// objections returns what was wrong during the test.
func (o *oracle) objections() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.provider.mu.Lock()
	defer o.provider.mu.Unlock()
	if o.provider.overlaps > 0 {
		o.object("%d sends of one appointment ran beside another", o.provider.overlaps)
	}
	doubled := 0
	for _, times := range o.provider.byKey {
		doubled += len(times) - 1
	}
	if doubled > 0 {
		o.object("%d doubled", doubled)
	}
	return o.against
}

// lost returns how many records have come to no outcome.
func (o *oracle) lost() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, e := range o.records {
		if !o.done(e) {
			n++
		}
	}
	return n
}

// disorder returns how many messages were accepted after one of a later event
// of their appointment.
func (o *oracle) disorder() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	first, published := map[domain.Key]int64{}, map[domain.Key]int64{}
	for _, e := range o.records {
		if offset, ok := first[e.event]; !ok || e.origin.offset < offset {
			first[e.event] = e.origin.offset
		}
	}
	for _, e := range o.records {
		published[e.key] = first[e.event]
	}
	o.provider.mu.Lock()
	defer o.provider.mu.Unlock()
	latest, n := map[string]int64{}, 0
	for _, a := range o.provider.accepts {
		if published[a.key] < latest[a.appointment] {
			n++
		}
		latest[a.appointment] = max(latest[a.appointment], published[a.key])
	}
	return n
}

// wantDone checks that nothing is lost, doubled or out of order, and that the
// provider accepted n messages.
func (r *rig) wantDone(n int) {
	r.t.Helper()
	if lost, disorder, accepted := r.oracle.lost(), r.oracle.disorder(), r.provider.count(); lost > 0 || disorder > 0 || accepted != n {
		r.t.Errorf("lost %d, out of order %d, accepted %d of %d", lost, disorder, accepted, n)
	}
}

// observer counts what a worker reports, and tells the oracle of it.
type observer struct {
	ports.NoObserver
	oracle *oracle
	// onAlert, where set, is told of each alert.
	onAlert func(code string)

	mu       sync.Mutex
	outcomes map[string]int
	halts    []ports.Halt
	finishes []finish
	alerts   []string
}

// finish is one outcome and when it came.
type finish struct {
	appointment string
	at          time.Time
}

func (o *observer) Finished(_ domain.Channel, f ports.Finish) {
	o.oracle.finished(f)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcomes[string(f.Outcome.Status)+" "+string(f.Outcome.Reason)]++
	o.finishes = append(o.finishes, finish{f.AppointmentID, time.Now()})
}

func (o *observer) Halted(_ domain.Channel, h ports.Halt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.halts = append(o.halts, h)
}

func (o *observer) Alert(_ domain.Channel, code, _ string) {
	if o.onAlert != nil {
		o.onAlert(code)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alerts = append(o.alerts, code)
}

func (o *observer) AlertN(ch domain.Channel, code, detail string, n int64) {
	for range n {
		o.Alert(ch, code, detail)
	}
}

// outcome returns how many records ended so, over all workers.
func (r *rig) outcome(status domain.Status, reason domain.SkipReason) int {
	n := 0
	for _, w := range r.workers {
		w.observer.mu.Lock()
		n += w.observer.outcomes[string(status)+" "+string(reason)]
		w.observer.mu.Unlock()
	}
	return n
}
