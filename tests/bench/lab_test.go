package bench

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// lab is what all measurements share.
type lab struct {
	*testing.B
	broker   *kafkatest.Broker
	binaries *harness.Binaries
	report   *report
}

// in returns the lab of one measurement.
func (l *lab) in(b *testing.B) *lab {
	inner := *l
	inner.B = b
	b.ReportMetric(0, "ns/op") // the time of a whole measurement says nothing
	return &inner
}

// system makes topics of its own.
func (l *lab) system(partitions int) *harness.System {
	l.Helper()
	return harness.New(l, l.broker, l.binaries, harness.Config{Partitions: partitions})
}

// publish writes n events of as many appointments.
func (l *lab) publish(s *harness.System, prefix string, n int) {
	l.Helper()
	client := l.broker.Client(l, kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(50_000))
	at := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	failed := make(chan error, 1)
	for i := range n {
		id := prefix + "-" + strconv.Itoa(i)
		client.Produce(l.Context(), &kgo.Record{Topic: s.Source, Key: []byte(id), Value: event(id, at)}, func(_ *kgo.Record, err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	if err := client.Flush(l.Context()); err != nil {
		l.Fatal(err)
	}
	select {
	case err := <-failed:
		l.Fatal(err)
	default:
	}
}

func event(id, at string) []byte {
	return fmt.Appendf(nil, `{"appointment_id":%q,"user_id":7,"time":%q,"timezone":"Europe/Berlin","email":"%s@patients.example","notify":{"email":true,"sms":false}}`, id, at, id)
}

// process is a running program whose processor time and memory are watched.
type process interface{ PID() int }

// processorTime returns what the process has used so far, in all its threads.
// The kernel counts in hundredths of a second.
func (l *lab) processorTime(p process) time.Duration {
	l.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		l.Fatal(err)
	}
	// The name in parentheses may hold spaces; utime and stime are the 12th and
	// 13th field behind it (proc_pid_stat(5)).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			l.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resident returns how much memory the process has, in bytes.
func (l *lab) resident(p process) int64 {
	l.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		l.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		l.Fatal(err)
	}
	return kib << 10
}

// median returns the middle of values.
func median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
