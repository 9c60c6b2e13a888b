package bench

import (
	"encoding/json"
	"errors"
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
	at := tomorrow()
	l.produce(s, n, func(i int) *kgo.Record {
		id := prefix + "-" + strconv.Itoa(i)
		return &kgo.Record{Key: []byte(id), Value: event(id, i, at)}
	})
}

// produce writes n records to the source.
func (l *lab) produce(s *harness.System, n int, record func(i int) *kgo.Record) {
	l.Helper()
	client := l.broker.Client(l, kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(50_000))
	defer client.Close()
	var failed error // written by the client's one goroutine for promises, read after Flush
	for i := range n {
		r := record(i)
		r.Topic = s.Source
		client.Produce(l.Context(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := errors.Join(client.Flush(l.Context()), failed); err != nil {
		l.Fatal(err)
	}
}

func tomorrow() string { return time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339) }

// event asks for an e-mail and a text message. Each n has recipients of its own,
// so that events of one appointment are all sent.
func event(id string, n int, at string) []byte {
	return fmt.Appendf(nil, `{"appointment_id":%q,"user_id":7,"time":%q,"timezone":"Europe/Berlin","email":"%s.%d@patients.example","phone_e164":"+1555%d","notify":{"email":true,"sms":true}}`,
		id, at, id, n, 1_000_000+n)
}

// drop deletes the topics of a system, so that the broker keeps no more than what
// is measured.
func (l *lab) drop(s *harness.System) {
	l.Helper()
	if _, err := s.Admin.DeleteTopics(l.Context(), s.Topics()...); err != nil {
		l.Fatal(err)
	}
}

// team is the running programs whose processor time and memory are watched.
type team []*harness.Process

// processorTime returns what the programs have used so far, in all their threads.
// The kernel counts in hundredths of a second.
func (l *lab) processorTime(t team) (used time.Duration) {
	l.Helper()
	for _, p := range t {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			l.Fatal(err)
		}
		// The name in parentheses may hold spaces; utime and stime are the 12th and
		// 13th field behind it (proc_pid_stat(5)).
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, f := range fields[11:13] {
			ticks, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				l.Fatal(err)
			}
			used += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return used
}

// resident returns how much memory the programs have, in bytes.
func (l *lab) resident(t team) (bytes int64) {
	l.Helper()
	for _, p := range t {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
		if err != nil {
			l.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		var kib int64
		if _, err := fmt.Sscan(rest, &kib); err != nil {
			l.Fatal(err)
		}
		bytes += kib << 10
	}
	return bytes
}

// openLanes returns how many lanes a worker has open.
func openLanes(worker *harness.Process) (open int) {
	_, body := worker.Health("/status")
	var status struct {
		Components struct{ Lanes []struct{ Open bool } }
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return 0 // it does not answer yet
	}
	for _, l := range status.Components.Lanes {
		if l.Open {
			open++
		}
	}
	return open
}

// median returns the middle of values.
func median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
