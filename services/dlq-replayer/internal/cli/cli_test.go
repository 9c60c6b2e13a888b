package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// shell runs command lines against a broker.
type shell struct {
	*replaytest.Broker
	env config.Env
	// all is everything that was ever printed.
	all *strings.Builder
}

func newShell(t *testing.T) shell {
	b := replaytest.New(t)
	return shell{b, config.Env{"KAFKA_BOOTSTRAP_SERVERS": b.Addr, "LOG_LEVEL": "error"}, new(strings.Builder)}
}

// run wants the exit code and returns what was printed.
func (s shell) run(want int, args ...string) (stdout, stderr string) {
	s.Helper()
	var out, errs strings.Builder
	code := cli.Run(runtimefx.Process{Args: args, Env: s.env, Stdout: &out, Stderr: &errs})
	s.all.WriteString(out.String() + errs.String())
	if code != want {
		s.Errorf("dlq-replayer %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, &out, &errs)
	}
	return out.String(), errs.String()
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// events are the JSON lines of a job.
func events(t *testing.T, stdout string) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for line := range strings.Lines(stdout) {
		var e struct{ Event, Status, State string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		counts[strings.TrimSpace(e.Event+" "+e.Status)]++
	}
	return counts
}

func TestNothingIsChangedWithoutYesAndNoYesWithoutAReason(t *testing.T) {
	s := newShell(t)
	s.Fill(12)
	out, _ := s.run(cli.ExitOK, "replay", "--channel", "sms")
	if !strings.Contains(out, "12 match, 12 would be replayed") || !strings.Contains(out, "… and 2 more") || !strings.Contains(out, "--yes") {
		t.Error(out)
	}
	s.run(cli.ExitOK, "discard", "--channel", "sms")
	s.run(cli.ExitUsage, "replay", "--channel", "sms", "--yes")
	s.run(cli.ExitUsage, "discard", "--channel", "sms", "--yes")
	s.run(cli.ExitUsage, "discard", "--yes", "--reason", "everything?")
	for _, topic := range []string{topics.Resolutions, topics.Audit, s.Config.Topics.ReplayFor(domain.SMS)} {
		if n := len(s.Read(topic)); n != 0 {
			t.Errorf("%d records in %s", n, topic)
		}
	}
}

func TestAReplayIsFollowedToItsEnd(t *testing.T) {
	s := newShell(t)
	s.Fill(40)
	w := s.Work(replaytest.Accept)
	out, _ := s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--rate", "1000", "--limit", "30")
	if e := events(t, out); e["outcome sent"] != 30 || e["end"] != 1 {
		t.Errorf("events: %v", e)
	}
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "the rest")
	if out, _ := s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "once more"); !strings.Contains(out, "sent 40") || !strings.Contains(out, "Nothing to do") {
		t.Error(out)
	}
	if sent, repeated := w.Sent(); sent != 40 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	var stats index.Stats
	out, _ = s.run(cli.ExitOK, "stats", "-o", "json")
	if err := json.Unmarshal([]byte(out), &stats); err != nil || stats.ByStatus[index.StatusSent] != 40 || stats.Depth() != 0 {
		t.Errorf("%s: %v", out, err)
	}
	if out, _ := s.run(cli.ExitOK, "jobs"); strings.Count(out, "done") != 2 {
		t.Error(out)
	}
}

func TestACauseThatIsNotRepairedIsAFailure(t *testing.T) {
	s := newShell(t)
	s.Fill(100)
	s.Work(replaytest.Refuse)
	out, stderr := s.run(cli.ExitFailed, "replay", "--channel", "sms", "--yes", "--reason", "hope", "--rate", "1000")
	if e := events(t, out); e["outcome dead_lettered"] > 30 || !strings.Contains(stderr, "failed again") || !strings.Contains(stderr, "--resume") {
		t.Errorf("%v\n%s", e, stderr)
	}
	// Few enough not to be stopped, but failed all the same.
	s.run(cli.ExitFailed, "replay", "--channel", "sms", "--yes", "--reason", "hope", "--limit", "2")
}

func TestASecondJobIsToldAboutTheFirst(t *testing.T) {
	s := newShell(t)
	s.Fill(5)
	s.Work(replaytest.Hesitate)
	first := s.Session()
	out := make(chan struct{})
	done := make(chan replay.Job)
	go func() {
		told := false
		job, _ := first.Run(t.Context(), s.Job(first, replaytest.Order()), replay.Options{
			Patience: time.Hour, Watch: func(replay.Event) {
				if !told {
					told = true
					close(out)
				}
			},
		})
		done <- job
	}()
	<-out
	_, stderr := s.run(cli.ExitBusy, "replay", "--channel", "sms", "--yes", "--reason", "me too")
	if !strings.Contains(stderr, "another job is running: job ") || !strings.Contains(stderr, "by tester") {
		t.Error(stderr)
	}
	s.run(cli.ExitBusy, "discard", "--channel", "sms", "--status", "replaying", "--yes", "--reason", "me too")
	s.run(cli.ExitOK, "replay", "--cancel", "last")
	if job := <-done; job.State != replay.StateCancelled || job.Counts.Replayed != 5 {
		t.Errorf("job: %+v", job)
	}
}

func TestWrongUsageSaysWhatIsRight(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct{ args, want string }{
		{"replay --class nonsense", "recipient_rejected"},
		{"list --status nonsense", "parked"},
		{"list --since yesterday", "2026-05-04"},
		{"list abc", "at least 4"},
		{"list --text mara@clinic.example", "--text"},
		{"replay --rate 0", "--rate"},
		{"replay --rate -1", "--rate"},
		{"replay --rate NaN", "--rate"},
		{"replay --rate Inf", "--rate"},
		{"replay --limit -1", "--limit"},
		{"replay --resume last --channel sms --yes --reason x", "name the job only"},
		{"replay --resume last --yes", "--reason"},
		{"replay --cancel last --limit 3", "name the job only"},
		{"replay --accept-duplicate --limit 1", "--accept-duplicate"},
		{"replay --accept-duplicate 0123456789abcdef0123456789abcdef --class unknown_outcome", "--accept-duplicate"},
		{"replay --accept-duplicate 01234567", "--accept-duplicate"},
		{"replay --accept-duplicate", "unknown_outcome"},
		{"nonsense", "--help"},
	} {
		if _, stderr := s.run(cli.ExitUsage, strings.Fields(c.args)...); !strings.Contains(stderr, c.want) || strings.Contains(stderr, "mara") {
			t.Errorf("%s: %s", c.args, stderr)
		}
	}
	s.env = config.Env{}
	if _, stderr := s.run(cli.ExitFailed, "list"); !strings.Contains(stderr, "KAFKA_BOOTSTRAP_SERVERS") {
		t.Error(stderr)
	}
	s.env = config.Env{"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
	if _, stderr := s.run(cli.ExitFailed, "list", "--timeout", "1s"); !strings.Contains(stderr, "127.0.0.1:1") {
		t.Error(stderr)
	}
	s.env = config.Env{"KAFKA_BOOTSTRAP_SERVERS": s.Addr, "KAFKA_TOPIC_APPOINTMENTS_CREATED": "elsewhere"}
	if _, stderr := s.run(cli.ExitFailed, "list"); !strings.Contains(stderr, topics.EnsureCommand) {
		t.Error(stderr)
	}
}

func TestNoOutputShowsARecipientUnlessItIsRevealedAndThatIsAudited(t *testing.T) {
	const address, number = "mara.lind@clinic.example", "15550100001"
	s := newShell(t)
	personal := replaytest.Letter(1, domain.SMS, domain.ClassInvalidEvent)
	personal.Record.Key = []byte("+" + number)
	personal.Record.Value = fmt.Appendf(nil, `{"phone_e164":"+%s","email":"%s"}`, number, address)
	s.Produce(
		envelope.Record(s.Config.Topics.DLQ, replaytest.Letter(0, domain.SMS, domain.ClassRecipientRejected), "workers"),
		envelope.Record(s.Config.Topics.DLQ, personal, "workers"),
		&kgo.Record{Topic: s.Config.Topics.DLQ, Key: []byte(address), Value: []byte("to: " + address), Headers: []kgo.RecordHeader{
			{Key: "kafka_dlt-original-topic", Value: []byte("orders")}, {Key: "kafka_dlt-exception-message", Value: []byte("no route to " + address)},
		}},
	)
	s.Work(replaytest.Accept)
	for _, args := range []string{
		"list", "list -o json --status all", "stats", "stats -o json", "show 1:0", "show 1:0 -o json", "show 0:1", "show 0:0",
		"replay", "replay -o json", "replay --yes --reason called_+" + number, "discard --partition 0 -o json",
		"discard --partition 0 --yes --reason wrote_to_" + address, "jobs", "jobs -o json", "list --status all",
	} {
		s.run(cli.ExitOK, strings.Fields(args)...)
	}
	printed := s.all.String()
	for _, record := range s.Read(topics.Audit) {
		printed += string(record.Value)
	}
	for _, secret := range []string{address, number} {
		if i := strings.Index(printed, secret); i >= 0 {
			t.Errorf("%s is shown: …%s…", secret, printed[max(0, i-200):i+30])
		}
	}
	before := len(s.Audits())
	revealed, _ := s.run(cli.ExitOK, "show", "0:1", "--reveal", "--as", "the support desk")
	listed, _ := s.run(cli.ExitOK, "list", "--status", "all", "--reveal", "-o", "json")
	if !strings.Contains(revealed, address) || !strings.Contains(listed, number) {
		t.Errorf("not revealed:\n%s\n%s", revealed, listed)
	}
	if audits := s.Audits()[before:]; len(audits) != 2 || audits[0].Action != replay.ActionReveal || audits[0].Who != "the support desk" || audits[1].Count != 3 {
		t.Errorf("audit: %+v", audits)
	}
}
