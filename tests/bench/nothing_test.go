package bench

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// flood is how many events ask for nothing, on how many partitions.
const flood, floodPartitions = 2_000_000, 6

// nothingAsked measures how fast events pass that ask for no message.
func nothingAsked(l *lab) {
	var perSecond, share, costs []float64
	for range *rounds {
		rate, cost, bare := l.letPass()
		perSecond, costs, share = append(perSecond, rate/1000), append(costs, cost), append(share, rate/bare)
	}
	l.report.ratio("events that ask for nothing: rate to that of only reading them", goal{high: true}, share, true)
	l.report.atLeast("events that ask for nothing, thousands/s", 300, median(perSecond),
		fmt.Sprintf("%d on %d partitions, %.2f µs of CPU each; from the first twentieth to the last", flood, floodPartitions, median(costs)))
}

// letPass returns the events per second of a worker and their CPU time in
// microseconds, and those of a bare reader.
func (l *lab) letPass() (rate, cost, bare float64) {
	s := l.system(floodPartitions)
	defer l.drop(s)
	at := tomorrow()
	l.produce(s, flood, func(i int) *kgo.Record {
		id := "none-" + strconv.Itoa(i)
		return &kgo.Record{Key: []byte(id), Value: fmt.Appendf(nil,
			`{"appointment_id":%q,"time":%q,"email":"%s@patients.example","notify":{"email":false,"sms":false}}`, id, at, id)}
	})
	bare = flood / l.read(s.Source, floodPartitions, flood).Seconds()
	worker := s.StartWorker(nil)
	defer worker.Kill()
	from, begin := l.passed(worker, flood/20)
	used := l.processorTime(team{worker})
	to, end := l.passed(worker, flood-flood/20)
	return float64(to-from) / end.Sub(begin).Seconds(), float64((l.processorTime(team{worker}) - used).Microseconds()) / float64(to-from), bare
}

// passed waits until the worker has skipped n events, and returns how many those
// were at last and when.
func (l *lab) passed(worker *harness.Process, n int) (skipped int, at time.Time) {
	l.Helper()
	counter := regexp.MustCompile(`(?m)^notifications_total\{.*reason="not_requested".*\} (\S+)$`)
	harness.Await(l, 3*time.Minute, strconv.Itoa(n)+" events skipped", func() bool {
		_, body := worker.Health("/metrics")
		at = time.Now()
		if m := counter.FindSubmatch(body); m != nil {
			value, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				l.Fatal(err)
			}
			skipped = int(value)
		}
		return skipped >= n
	})
	return skipped, at
}
