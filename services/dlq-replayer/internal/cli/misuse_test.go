package cli_test

import (
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// untouched wants that no command has changed anything.
func (s shell) untouched() {
	s.Helper()
	for _, topic := range []string{topics.Resolutions, topics.Audit, s.Config.Topics.ReplayFor(domain.SMS)} {
		if n := len(s.Read(topic)); n != 0 {
			s.Errorf("%d records in %s", n, topic)
		}
	}
}

// TestAFlagWithoutAValueIsNoOrder: "$CHANNEL" in a script may be empty.
func TestAFlagWithoutAValueIsNoOrder(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	for _, flag := range []string{"channel", "class", "code", "status", "text", "appointment", "since", "until", "cancel", "resume", "as"} {
		for _, value := range []string{"", " "} {
			args := []string{"replay", "--partition", "0", "--" + flag, value, "--patience", "1s", "--yes", "--reason", "x"}
			if _, stderr := s.run(cli.ExitUsage, args...); !strings.Contains(stderr, "--"+flag) {
				t.Errorf("%q: %s", args, stderr)
			}
		}
	}
	s.run(cli.ExitUsage, "discard", "--channel", "sms", "--appointment", "", "--yes", "--reason", "x")
	s.run(cli.ExitUsage, "discard", "--channel", "sms", "--yes", "--reason", " ")
	// The zero time is how a filter without a time is held.
	s.run(cli.ExitUsage, "replay", "--until", "0001-01-01", "--patience", "1s", "--yes", "--reason", "x")
	if _, stderr := s.run(cli.ExitUsage, "list", "--timeout", "0"); !strings.Contains(stderr, "above 0") {
		t.Error(stderr)
	}
	s.untouched()
}

func TestAPlaceWhereNoDeadLetterLiesIsNoNameOfOne(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	for _, line := range []string{"show 0:9", "replay 0:9", "replay 0:9 --yes --reason x", "discard 0:9 --yes --reason x", "show 0123456789", "replay 0123456789"} {
		name := strings.Fields(line)[1]
		if out, stderr := s.run(cli.ExitUsage, strings.Fields(line)...); !strings.Contains(stderr, "no dead letter "+name) || out != "" {
			t.Errorf("%s: %s%s", line, out, stderr)
		}
	}
	s.run(cli.ExitUsage, "replay", "0:0", "--partition", "1")
	s.untouched()
	if out, _ := s.run(cli.ExitOK, "replay", "0:0"); !strings.Contains(out, "1 match, 1 would be replayed") {
		t.Error(out)
	}
}

func TestAResumedJobIsAsFastAsItIsAsked(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	s.Work(replaytest.Accept)
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--rate", "1000", "--no-wait")
	s.run(cli.ExitUsage, "replay", "--cancel", "last", "--rate", "5")
	s.run(cli.ExitOK, "replay", "--cancel", "last")
	s.run(cli.ExitUsage, "replay", "--resume", "last", "--no-wait", "--yes", "--reason", "x")
	if out, _ := s.run(cli.ExitOK, "replay", "--resume", "last"); !strings.Contains(out, "at most 1000 a second") {
		t.Error(out)
	}
	if out, _ := s.run(cli.ExitOK, "replay", "--resume", "last", "--rate", "20"); !strings.Contains(out, "at most 20 a second") {
		t.Error(out)
	}
	s.run(cli.ExitOK, "replay", "--resume", "last", "--rate", "20", "--yes", "--reason", "slowly")
	var jobs []replay.Job
	out, _ := s.run(cli.ExitOK, "jobs", "-o", "json")
	if decode(t, out, &jobs); len(jobs) != 1 || jobs[0].Rate != 20 || jobs[0].Counts.Sent != 3 {
		t.Error(out)
	}
}

func TestAJobThatWaitsIsNotSaidToRunOrToBeInterrupted(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	s.Work(replaytest.Accept)
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "later", "--no-wait")
	_, stderr := s.run(cli.ExitBusy, "replay", "--channel", "sms", "--yes", "--reason", "me too", "--no-wait")
	if !strings.Contains(stderr, "another job is not over") || !strings.Contains(stderr, "(queued, 0 of 3") || !strings.Contains(stderr, "--cancel") {
		t.Error(stderr)
	}
	_, stderr = s.run(cli.ExitOK, "replay", "--channel", "sms", "--limit", "1", "--yes", "--reason", "now")
	if !strings.Contains(stderr, "waits for a running") || strings.Contains(stderr, "interrupted") {
		t.Error(stderr)
	}
}

// TestWhatAJobDidNotReplayIsSaid: the counts add up at a terminal too.
func TestWhatAJobDidNotReplayIsSaid(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(6)
	s.Work(replaytest.Accept)
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "later", "--no-wait")
	s.Expire(0, 2)
	_, stderr := s.run(cli.ExitOK, "replay", "--resume", "last", "--yes", "--reason", "now")
	if !strings.Contains(stderr, "2 of 6 were not replayed: left 2 (deleted by retention)") {
		t.Error(stderr)
	}
}

func TestAnEmptyListSaysWhy(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if out, _ := s.run(cli.ExitOK, "list"); out != "No dead letters.\n" {
		t.Error(out)
	}
	s.Fill(1)
	if out, _ := s.run(cli.ExitOK, "list", "--channel", "email"); !strings.Contains(out, "No unresolved dead letter matches") {
		t.Error(out)
	}
	if out, _ := s.run(cli.ExitOK, "list", "--status", "discarded"); out != "No dead letter matches.\n" {
		t.Error(out)
	}
	s.run(cli.ExitUsage, "list", "--limit=-1")
	s.run(cli.ExitUsage, "list", "--since", "2026-06-01", "--until", "2026-05-01")
}

func TestADryRunOfAResumeShowsNoRecipient(t *testing.T) {
	t.Parallel()
	const number = "+15550100001"
	s := newShell(t)
	letter := replaytest.Letter(0, domain.SMS, domain.ClassInvalidEvent)
	letter.Record.Key = []byte(number)
	s.Produce(envelope.Record(s.Config.Topics.DLQ, letter, "workers"))
	s.run(cli.ExitOK, "replay", "--appointment", number, "--yes", "--reason", "x", "--no-wait")
	out, _ := s.run(cli.ExitOK, "replay", "--resume", "last", "-o", "json")
	if strings.Contains(out, number[1:]) || !strings.Contains(out, `"appointment"`) {
		t.Error(out)
	}
}
