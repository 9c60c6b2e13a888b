// Package replayer holds the end-to-end tests of the repair of dead letters:
// the real command line, the real workers, a real Kafka.
package replayer

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

// replayer runs the command line in a system.
type replayer struct{ *harness.System }

func newReplayer(t *testing.T, cfg harness.Config) replayer {
	t.Helper()
	broker.RequireReal(t)
	return replayer{harness.New(t, broker, binaries, cfg)}
}

func (r replayer) start(args ...string) *harness.Process {
	r.T.Helper()
	return harness.Start(r.T, binaries.Path(r.T, "services/dlq-replayer"), r.Settings(), args...)
}

// run runs a command to its end and returns exit code and output.
func (r replayer) run(args ...string) (int, string) {
	r.T.Helper()
	p := r.start(args...)
	return p.Wait(2 * time.Minute), p.Log()
}

// ends returns the sum of a topic's end offsets.
func (r replayer) ends(topic string) (sum int64) {
	r.T.Helper()
	ends, err := r.Admin.ListEndOffsets(r.T.Context(), topic)
	if err != nil {
		r.T.Fatal(err)
	}
	ends.Each(func(o kadm.ListedOffset) { sum += o.Offset })
	return sum
}

// awaitReplays waits until the channel's group has read all replays.
func (r replayer) awaitReplays(limit time.Duration) {
	r.T.Helper()
	harness.Await(r.T, limit, "all replays read", func() bool {
		commits, err := r.Admin.FetchOffsets(r.T.Context(), r.Group)
		if err != nil {
			return false
		}
		var read int64
		commits.Each(func(o kadm.OffsetResponse) {
			if o.Topic == r.Replay {
				read += o.At
			}
		})
		return read >= r.ends(r.Replay)
	})
}

// outcomes counts the outcome lines of a job by status.
func outcomes(log string) map[string]int {
	counts := map[string]int{}
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"event":"outcome"`) {
			continue
		}
		_, rest, _ := strings.Cut(line, `"status":"`)
		status, _, _ := strings.Cut(rest, `"`)
		counts[status]++
	}
	return counts
}
