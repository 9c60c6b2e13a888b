package receipts

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// concurrency watches how many requests are under way at once, as Twilio counts them.
type concurrency struct {
	http.Handler
	mu          sync.Mutex
	now         map[string]int
	most, asked int
}

// kindOf returns what a request is about; empty for what is neither a send nor a question
// about a receipt.
func kindOf(r *http.Request) string {
	switch {
	case r.Method == http.MethodPost:
		return "send"
	case regexp.MustCompile(`/Messages/SM\w+\.json$`).MatchString(r.URL.Path), strings.Contains(r.URL.RawQuery, "DateSent%3E"):
		return "receipt"
	}
	return ""
}

// ServeHTTP implements http.Handler. Each answer takes a while.
func (c *concurrency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := kindOf(r)
	if kind == "" {
		c.Handler.ServeHTTP(w, r)
		return
	}
	c.add(kind, 1)
	defer c.add(kind, -1)
	select {
	case <-time.After(100 * time.Millisecond):
	case <-r.Context().Done():
	}
	c.Handler.ServeHTTP(w, r)
}

func (c *concurrency) add(kind string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[kind] += n
	c.most = max(c.most, c.now["send"]+c.now["receipt"])
	if kind == "receipt" && n > 0 {
		c.asked++
	}
}

func (c *concurrency) seen() (most, asked int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most, c.asked
}

// Sends and questions about receipts together never exceed the slots, and neither starves.
func TestReceiptsTakeNoSlotFromASend(t *testing.T) {
	t.Parallel()
	watch := &concurrency{now: map[string]int{}}
	const slots = 4
	s := harness.New(t, broker, binaries, harness.Config{
		Channel: sandbox.SMS, Partitions: 3, Settings: map[string]string{"RECEIPTS_POLL_SECONDS": "0.5", "DELIVERY_CONCURRENCY": "4"},
		Provider: func(h http.Handler) http.Handler {
			watch.Handler = h
			return watch
		},
	})
	s.Sandbox.SetDelivery(sandbox.SMS, 3*time.Second)
	var events []harness.Event
	for i := range 150 {
		events = append(events, harness.NewSMS("busy-"+time.Duration(i).String(), i))
	}
	s.Publish(events[:50]...)
	s.StartWorker(nil)
	harness.Await(t, time.Minute, "the first are sent", func() bool { return accepted(s) == 50 })
	s.Publish(events[50:]...)
	found := awaitReceipts(s, 150, 2*time.Minute)
	most, asked := watch.seen()
	if most > slots || asked < 150 || count(found)["delivered"] != 150 {
		t.Errorf("%d requests at once with %d slots, %d questions, %v", most, slots, asked, count(found))
	}
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}
