package index_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// TestADeadLetterFitsItsBudget fills an index as a bad day does, with e-mails and
// texts of four classes and ids of 12 to 36 characters, and goes on when it is full.
func TestADeadLetterFitsItsBudget(t *testing.T) {
	const (
		letters = 50_000
		budget  = 300 // bytes of live memory for each
	)
	for name, key := range map[string]func(n int) string{
		"keyed by the appointment": appointment,
		"keyed by a hash":          func(n int) string { return fmt.Sprintf("%064x", n) },
	} {
		x := index.New(letters)
		for n := range letters {
			x.AddDeadLetter(realistic(n, key(n)))
		}
		room := heap()
		x.AddDeadLetter(realistic(letters, key(letters)))
		full := heap()
		held, _, left := x.Size()
		runtime.KeepAlive(x)
		x = nil
		// Measured last: other tests' memory may go while the index is filled.
		without := heap()
		t.Logf("%s: %d B, %d B in a full index", name, (room-without)/letters, (full-without)/letters)
		if each := (full - without) / letters; held != letters || left != 1 || each > budget {
			t.Errorf("%s: %d B for each of %d, the budget is %d", name, each, held, budget)
		}
	}
}

func appointment(n int) string {
	return fmt.Sprintf("a-%010d%s", n, strings.Repeat("7", n%25))
}

func realistic(n int, key string) *kgo.Record {
	at := start.Add(time.Duration(n) * time.Second)
	d := letter(n)
	d.Failure = &domain.Failure{
		Class: domain.Classes()[n%4], Code: fmt.Sprintf("provider.%d", 400+n%40), Detail: fmt.Sprintf("%080d", n%40),
	}
	d.FirstFailedAt, d.FailedAt = at, at.Add(time.Minute)
	d.Record = &ports.Record{
		Topic: "appointments.created", Partition: int32(n % 3), Offset: int64(n), Timestamp: at.Add(-time.Minute), Key: []byte(key),
		Value: fmt.Appendf(nil, `{"appointment_id":%q,"email":"mara@clinic.example","filling":%q}`, appointment(n), strings.Repeat("x", 600)),
	}
	r := envelope.Record(dlq, d, "workers")
	r.Offset, r.Timestamp = int64(n), d.FailedAt
	return r
}

// heap returns what is live. What a pool holds outlives one collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
