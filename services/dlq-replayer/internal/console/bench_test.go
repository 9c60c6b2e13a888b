package console

import (
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// BenchmarkPage is what a page costs with 5,000 and 200,000 dead letters of four
// classes, and what one of them takes in memory.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{5_000, 200_000} {
		before := heap()
		x := index.New(index.DefaultLimit)
		classes := []domain.Class{domain.ClassRecipientRejected, domain.ClassInvalidEvent, domain.ClassRetriesExhausted, domain.ClassMessageRejected}
		for i := range n {
			d := replaytest.Valid(i, classes[i%len(classes)], time.Now().Add(time.Hour))
			d.Record.Offset = int64(i)
			r := envelope.Record("dlq", d, "workers")
			r.Offset, r.Timestamp = int64(i), time.Now()
			x.AddDeadLetter(r)
		}
		each := float64(heap()-before) / float64(n)
		c, err := New(Config{}, nil, nil, zap.NewNop())
		if err != nil {
			b.Fatal(err)
		}
		for name, f := range map[string]index.Filter{"first": {}, "filtered": {Classes: []string{"invalid_event"}, Text: "a-1"}} {
			b.Run(grouped(n)+"/"+name, func(b *testing.B) {
				for b.Loop() {
					var p listPage
					found := x.Page(f, 0, pageRows)
					p.Rows = make([]row, 0, pageRows)
					for _, item := range found.Items {
						p.Rows = append(p.Rows, rowOf(view.New(false), item, time.Hour, c.now()))
					}
					recorder := httptest.NewRecorder()
					if err := c.pages["list"].ExecuteTemplate(recorder, "layout.html", frame{Title: "x", Body: p}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(each, "B/letter")
			})
		}
		runtime.KeepAlive(x)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
