// Package replayer holds the end-to-end tests of the repair of dead letters:
// the real command line, the real workers, a real Kafka.
package replayer

import (
	"encoding/json"
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

// job is what `jobs` says of one.
type job struct {
	ID, State, Note string
	Total           int
	Counts          struct {
		Replayed, Sent, Failed int
		Skipped, Left, Pending map[string]int
	}
}

// jobs returns the jobs of this system, the latest first.
func (r replayer) jobs() (own []job) {
	r.T.Helper()
	p := r.start("jobs", "-o", "json")
	var all []struct {
		job
		Reason string
	}
	if code := p.Wait(time.Minute); code != 0 || json.Unmarshal([]byte(p.Log()), &all) != nil {
		r.T.Fatalf("jobs ended with %d:\n%s", code, p.Log())
	}
	for _, j := range all {
		if j.Reason == r.reason() {
			own = append(own, j.job)
		}
	}
	return own
}

// wantSum fails the test unless the job's counts add up, each with a reason.
func (r replayer) wantSum(j job) {
	r.T.Helper()
	sum := j.Counts.Sent + j.Counts.Failed
	for _, reasons := range []map[string]int{j.Counts.Skipped, j.Counts.Left, j.Counts.Pending} {
		for reason, n := range reasons {
			sum += n
			if reason == "" || n <= 0 {
				r.T.Errorf("%d for the reason %q", n, reason)
			}
		}
	}
	if sum != j.Total {
		r.T.Errorf("the counts sum up to %d: %+v", sum, j)
	}
}

// wantOneDone fails the test unless one job did everything, and each of want was
// replayed once and sent once.
func (r replayer) wantOneDone(want []harness.Event) {
	r.T.Helper()
	r.awaitReplays(time.Minute)
	if lost, doubled := r.Judge(want); lost != 0 || doubled != 0 {
		r.T.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(r.Read(r.Replay)); n != len(want) {
		r.T.Errorf("%d replays of %d dead letters", n, len(want))
	}
	jobs := r.jobs()
	if len(jobs) != 1 || jobs[0].State != "done" || jobs[0].Counts.Sent != len(want) || jobs[0].Total != len(want) {
		r.T.Fatalf("jobs: %+v", jobs)
	}
	r.wantSum(jobs[0])
}

// reason returns the reason of this system's jobs, which all systems share a topic
// for. It has no digits: they might look like a number, which is not kept.
func (r replayer) reason() string {
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' {
			return c - '0' + 'g'
		}
		return c
	}, r.Source)
}

// repair returns the command line that replays all of one class; more is added to it.
func (r replayer) repair(class string, more ...string) []string {
	return append([]string{"replay", "--class", class, "--yes", "--reason", r.reason()}, more...)
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
