package outcomelog

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// tracer notes what receipts are linked to, and gives each span one context.
type tracer struct {
	mu    sync.Mutex
	links []ports.TraceContext
	ended int
}

const receiptSpan = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func (r *tracer) Receipt(_ domain.Channel, _, _ string, sent ports.TraceContext, _ ports.Receipt) ports.TraceSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links = append(r.links, sent)
	return tracedReceipt{r}
}

type tracedReceipt struct{ *tracer }

func (tracedReceipt) Context() ports.TraceContext { return ports.TraceContext{Parent: receiptSpan} }

func (s tracedReceipt) End(*domain.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended++
}

// A receipt is linked to its send, also one that comes after the message was forgotten
// and is read from the log again; a send that was left out has nothing to link to.
func TestReceiptsAreLinkedToTheirSend(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		traced := ports.TraceContext{Parent: "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01", State: "vendor=1"}
		r.tracer = &tracer{}
		w := r.start()
		defer w.stop()
		for id, c := range map[string]ports.TraceContext{"m0": traced, "m1": {Parent: traced.Parent[:54] + "0"}, "m2": {Parent: "malformed"}, "m3": {}} {
			r.trace = c
			r.sent(id, 0)
			r.becomes(id, domain.ReceiptDelivered)
		}
		<-time.After(5 * poll)
		r.becomes("m0", domain.ReceiptUndelivered)
		<-time.After(3 * time.Hour)
		r.want("m0 delivered", "m0 undelivered", "m1 delivered", "m2 delivered", "m3 delivered")
		linked := slices.DeleteFunc(slices.Clone(r.tracer.links), func(c ports.TraceContext) bool { return c == ports.TraceContext{} })
		if len(r.tracer.links) != 5 || len(linked) != 2 || linked[0].Parent != traced.Parent || linked[1].Parent != traced.Parent || r.tracer.ended != 5 {
			t.Errorf("linked to %+v, %d ended", r.tracer.links, r.tracer.ended)
		}
		for _, rec := range kafkatest.ReadAll(r.T, r.opts, topic) {
			o, err := envelope.DecodeOutcome(rec.Value)
			if err != nil {
				t.Fatal(err)
			}
			if c := traceOf(rec); o.Kind() != "" && c.Parent != receiptSpan {
				t.Errorf("the receipt of %s carries %+v", o.ProviderMessageID, c)
			}
		}
	})
}
