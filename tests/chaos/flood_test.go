package chaos

import (
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// stalled is how long the lag may stand still before the worker counts as stuck.
const stalled = time.Minute

// Events that ask for nothing are finished as fast as they are read, so that
// partitions fill and empty, pause and resume, all the time; on one core with
// several threads the poll loop is interrupted at any point. Nothing may be left
// behind. The full size is
//
//	FLOOD=2000000 FLOOD_PARTITIONS=200 go test -run Flood -count=3 -timeout 2h -v ./tests/chaos
func TestAFloodOfEventsThatAskForNothingLeavesNothingBehind(t *testing.T) {
	n, partitions := times("FLOOD", 100_000), times("FLOOD_PARTITIONS", 50)
	s := newSystem(t, harness.Config{Partitions: partitions})
	flood(s, n)
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	worker := harness.Start(t, taskset, with(s.Settings(), "GOMAXPROCS", "4"),
		"-c", "0", s.Binaries.Path(t, s.WorkerPackage()))
	left, moved := int64(n), time.Now()
	harness.Await(t, time.Hour, "a lag of 0", func() bool {
		if lag := s.Lag(); lag < left {
			left, moved = lag, time.Now()
		}
		if time.Since(moved) > stalled {
			t.Fatalf("%d events were left behind", left)
		}
		return left == 0
	})
	took := time.Since(begin)
	t.Logf("%d events on %d partitions in %s from the start of the process: %.0f/s", n, partitions, took.Round(time.Millisecond), float64(n)/took.Seconds())
	if asked := s.Sandbox.Stats().Email; !worker.Running() || asked.Accepted+asked.Refused > 0 {
		t.Errorf("the worker runs: %v; the provider was asked: %+v", worker.Running(), asked)
	}
}

// flood writes n events that ask for no notification, of as many appointments.
func flood(s *harness.System, n int) {
	s.T.Helper()
	client := s.Broker.Client(s.T, kgo.MaxBufferedRecords(50_000))
	at := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	var failed error // written by the client's one goroutine for promises, read after Flush
	for i := range n {
		id := "none-" + strconv.Itoa(i)
		value := fmt.Appendf(nil, `{"appointment_id":%q,"time":%q,"email":"%s@patients.example","notify":{"email":false,"sms":false}}`, id, at, id)
		client.Produce(s.T.Context(), &kgo.Record{Topic: s.Source, Key: []byte(id), Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := client.Flush(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
	if failed != nil {
		s.T.Fatal(failed)
	}
}
