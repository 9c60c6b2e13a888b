package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// serve runs a server for as long as the test lasts.
func serve(t *testing.T, b *replaytest.Broker, set ...func(*Server)) *Server {
	t.Helper()
	s := New(b.Config, zap.NewNop())
	s.lookEvery, s.silence = 20*time.Millisecond, 300*time.Millisecond
	for _, f := range set {
		f(s)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func await(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !condition() {
		select {
		case <-deadline:
			t.Fatal("it did not happen within a minute")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestAJobWhoseProcessDiedIsCarriedOn(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(100)
	w := b.Work(replaytest.Accept)
	session := b.Session()
	ctx, die := context.WithCancel(t.Context())
	job := b.Job(session, replaytest.Order())
	_, err := session.Run(ctx, job, replay.Options{Patience: time.Minute, Watch: func(e replay.Event) {
		if e.Job.Counts.Sent > 10 {
			die()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	session.Close()
	s := serve(t, b)
	await(t, func() bool { x, _ := s.current(); return x != nil })
	await(t, func() bool { j, ok := s.book.Job(job.ID); return ok && j.State == replay.StateDone })
	if sent, repeated := w.Sent(); sent != 100 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
}

func TestMetricsAreOfWhatWaitsAndNameNobodyElsesWords(t *testing.T) {
	b := replaytest.New(t)
	b.Fill(4)
	b.Produce(&kgo.Record{Topic: b.Config.Topics.DLQ, Headers: []kgo.RecordHeader{{Key: "kafka_dlt-original-topic", Value: []byte("orders")}}})
	s := New(b.Config, zap.NewNop())
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s.Metrics())
	if n, err := testutil.GatherAndCount(registry); n != 0 || err != nil || s.Ready() == nil {
		t.Errorf("before anything was read: %d metrics, ready %v, %v", n, s.Ready() == nil, err)
	}
	running := serve(t, b)
	await(t, func() bool { return running.Ready() == nil })
	registry = prometheus.NewPedanticRegistry()
	registry.MustRegister(running.Metrics())
	want := `# HELP notifications_dlq_depth Unresolved dead letters: without a final outcome, in the index or left out of it.
# TYPE notifications_dlq_depth gauge
notifications_dlq_depth{channel="other",class="other"} 1
notifications_dlq_depth{channel="sms",class="recipient_rejected"} 4
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "notifications_dlq_depth"); err != nil {
		t.Error(err)
	}
	status := running.Status()
	var groups []string
	for _, g := range status.Dead.Unresolved {
		groups = append(groups, fmt.Sprintf("%d %s %s%s", g.Count, g.Channel, g.Class, g.Code))
	}
	if got := strings.Join(groups, ", "); got != "4 sms recipient_rejected, 1 other other" || status.Dead.Depth() != 5 {
		t.Errorf("depth %d: %s", status.Dead.Depth(), got)
	}
}

func TestAMissingTopicEndsTheServer(t *testing.T) {
	b := replaytest.New(t)
	b.Config.Topics.DLQ = "elsewhere"
	err := New(b.Config, zap.NewNop()).Run(t.Context())
	var mismatch *topics.MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "elsewhere") {
		t.Error(err)
	}
}
