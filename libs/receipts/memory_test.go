package receipts_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// heap returns how much is in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The id is Mailgun's and the Ref as long as that of an appointment with a UUID.
func TestAMessageThatWaitsTakesAtMost200Bytes(t *testing.T) {
	const n = 300_000
	w := receipts.New(receipts.Config{Channel: domain.Email, Poll: time.Minute, Horizon: 72 * time.Hour},
		receipts.Deps{Source: newProvider(ports.SpanOfEvents, 0), Observer: ports.NoObserver{}})
	section := w.Open(0, time.Time{})
	defer section.Close()
	before := heap()
	for i := range n {
		section.Sent(receipts.Message{ProviderID: name(i), SentAt: time.Now(), Offset: int64(i), Ref: fmt.Sprintf("%052d", i)})
	}
	if each := (heap() - before) / n; each > 200 {
		t.Errorf("%d bytes each", each)
	}
	runtime.KeepAlive(w)
}
