package replay_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// tracer gives each replay a context of its own and notes what it is linked to.
type tracer struct {
	mu    sync.Mutex
	dead  map[ports.TraceContext]bool
	event map[ports.TraceContext]bool
	ended int
}

func (r *tracer) Replay(_ domain.Channel, _, _ string, dead, event ports.TraceContext) ports.TraceSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead[dead], r.event[event] = true, true
	return &tracedReplay{r, contextOf(100 + len(r.dead))}
}

type tracedReplay struct {
	*tracer
	context ports.TraceContext
}

func (s *tracedReplay) Context() ports.TraceContext { return s.context }

func (s *tracedReplay) End(*domain.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended++
}

func contextOf(n int) ports.TraceContext {
	return ports.TraceContext{Parent: fmt.Sprintf("00-%032x-%016x-01", n, n)}
}

// A replay names the span that sent it, beside the dead letter's and the event's own.
func TestAReplayCarriesItsTrace(t *testing.T) {
	r := replaytest.New(t)
	for n := range 3 {
		letter := replaytest.Letter(n, domain.SMS, domain.ClassRecipientRejected)
		letter.Trace = contextOf(n + 1)
		r.Produce(envelope.Record(r.Config.Topics.DLQ, letter, "workers"))
	}
	seen := &tracer{dead: map[ports.TraceContext]bool{}, event: map[ports.TraceContext]bool{}}
	r.Config.Tracer = seen
	r.Work(replaytest.Accept)
	if job := r.Run(replaytest.Order(), replay.Options{}); job.Counts.Sent != 3 {
		t.Errorf("job: %+v", job)
	}
	sent := map[ports.TraceContext]bool{}
	for _, record := range r.Read(r.Config.Topics.ReplayFor(domain.SMS)) {
		e, err := envelope.Decode(envelope.FromKafka(record.Headers))
		if err != nil {
			t.Fatal(err)
		}
		n := int(e.Origin.Offset)
		event := ports.TraceOf(replaytest.Letter(n, domain.SMS, "").Record.Headers)
		if e.Trace != contextOf(n+1) || ports.TraceOf(e.Headers) != event || !seen.dead[e.Trace] || !seen.event[event] {
			t.Errorf("replay %d carries %+v and %q", n, e.Trace, e.Headers)
		}
		if _, ok := e.ReplayTrace.ID(); !ok || sent[e.ReplayTrace] {
			t.Errorf("replay %d was sent by %+v", n, e.ReplayTrace)
		}
		sent[e.ReplayTrace] = true
	}
	if len(sent) != 3 || seen.ended != 3 {
		t.Errorf("%d replays, %d spans ended", len(sent), seen.ended)
	}
}
