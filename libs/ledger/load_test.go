package ledger_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// BenchmarkLoad reads a ledger as a new owner does: each appointment was
// claimed and sent. It reports records per second and bytes held per
// appointment.
func BenchmarkLoad(b *testing.B) {
	const appointments = 500_000
	lines := make([][]byte, 0, 2*appointments)
	for i := range appointments {
		lines = append(lines, record(ledger.KindClaimed, i), record(ledger.KindSent, i))
	}
	before := heap()
	var index *ledger.Index
	b.ReportAllocs()
	for b.Loop() {
		index = load(b, lines)
	}
	b.ReportMetric(float64(len(lines))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(heap()-before)/float64(index.Len()), "B/held")
	runtime.KeepAlive(lines)
	runtime.KeepAlive(index)
}

// budgetPerKey is what a worker's memory limit counts for each key held
// (kafkafx.memoryFor), in bytes.
const budgetPerKey = 130

func TestAKeyCostsNoMoreThanItsBudget(t *testing.T) {
	const appointments = 200_000
	before := heap()
	index := ledger.NewIndex()
	now := time.Now()
	for i := range appointments {
		e, err := ledger.Unmarshal(record(ledger.KindSent, i))
		if err != nil {
			t.Fatal(err)
		}
		index.Fold(&e, now, now)
	}
	if held := (heap() - before) / uint64(index.Len()); held > budgetPerKey {
		t.Errorf("%d bytes are held for each key, want at most %d", held, budgetPerKey)
	}
	runtime.KeepAlive(index)
}

func load(b *testing.B, lines [][]byte) *ledger.Index {
	now := time.Now()
	loader := ledger.NewLoader(now)
	var line ledger.Line
	fence := ledger.Entry{Kind: ledger.KindFence, Token: "OWNEROWNEROWNEROWNEROWNERO", Channel: domain.Email}
	for _, value := range append([][]byte{fence.Marshal()}, lines...) {
		if err := line.Scan(value); err != nil {
			b.Fatal(err)
		}
		loader.Fold(&line, now)
	}
	return loader.Index()
}

func record(kind ledger.Kind, i int) []byte {
	event := domain.Event{AppointmentID: fmt.Sprintf("0b9f2f3c-6d3e-4c58-9a3c-%012d", i), Time: time.Unix(int64(i), 0)}
	e := ledger.Entry{
		Kind: kind, Token: "OWNEROWNEROWNEROWNEROWNERO", Code: "20310506143000.0123456789abcdef@mg.clinic.example",
		Claim: ports.Claim{
			Key: domain.NewKey(&event, domain.Email, "patient@clinic.example"), AppointmentID: event.AppointmentID,
			Origin: ports.Origin{Topic: "appointments.created", Partition: 3, Offset: int64(i), Timestamp: time.UnixMilli(1_930_000_000_000)},
			Facts:  domain.Facts{Instant: event.Time}, At: time.UnixMilli(1_930_000_000_000),
			Handle: "mailgun:v1:mg.clinic.example:" + event.AppointmentID, Lease: 10 * time.Second,
		},
	}
	return e.Marshal()
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkScan reads one record without its texts, BenchmarkUnmarshal with them.
func BenchmarkScan(b *testing.B) {
	value := record(ledger.KindClaimed, 7)
	var line ledger.Line
	b.ReportAllocs()
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		if err := line.Scan(value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	value := record(ledger.KindClaimed, 7)
	b.ReportAllocs()
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		if _, err := ledger.Unmarshal(value); err != nil {
			b.Fatal(err)
		}
	}
}
