package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// idleLatency measures from handing a record to the producer until the request
// arrives at the provider, with nothing else to do.
func idleLatency(l *lab) {
	const events = 300
	s, p := l.system(6), l.provider(0, 0)
	worker := s.StartWorker(map[string]string{"MAILGUN_API_BASE_URL": p.url})
	defer worker.Kill()
	l.publish(s, "first", 20)
	p.await(20)
	client := l.broker.Client(l, kgo.ProducerLinger(0))
	at := tomorrow()
	var produced, acked []time.Time
	for i := range events {
		id := fmt.Sprintf("idle-%d", i)
		produced = append(produced, time.Now())
		if err := client.ProduceSync(l.Context(), &kgo.Record{Topic: s.Source, Key: []byte(id), Value: event(id, i, at)}).FirstErr(); err != nil {
			l.Fatal(err)
		}
		acked = append(acked, time.Now())
		// Irregular, so that no timer of worker or broker falls into step.
		<-time.After(40*time.Millisecond + rand.N(40*time.Millisecond))
	}
	harness.Await(l, time.Minute, "all events sent", func() bool { return p.stats().Answered >= 20+events })
	arrivals := p.arrivals()[20:]
	took := between(produced, arrivals)
	l.report.atMost("idle: record handed to the producer → provider called, median", 8, " ms", median(took),
		fmt.Sprintf("95th percentile %.1f ms; from the broker's acknowledgement %.1f ms", percentile(took, 95), median(between(acked, arrivals))))
}

// between returns the times from each of a to each of b, in milliseconds.
func between(a, b []time.Time) []float64 {
	var ms []float64
	for i := range a {
		ms = append(ms, float64(b[i].Sub(a[i]).Microseconds())/1000)
	}
	return ms
}

func percentile(values []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)*p/100]
}
