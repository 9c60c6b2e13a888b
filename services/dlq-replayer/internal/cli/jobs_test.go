package cli_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestAJobThatWaitsIsCancelledAtOnceAndResumedOnlyWithAReason(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(50)
	w := s.Work(replaytest.Accept)
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--as", "the first", "--no-wait")
	if _, stderr := s.run(cli.ExitOK, "replay", "--cancel", "last", "--as", "the second", "--reason", "a mistake"); !strings.Contains(stderr, "is cancelled: 50 selected, sent 0, failed 0, pending 50 (not reached)") {
		t.Error(stderr)
	}
	if _, stderr := s.run(cli.ExitOK, "replay", "--cancel", "last"); !strings.Contains(stderr, "is cancelled already") {
		t.Error(stderr)
	}
	if out, _ := s.run(cli.ExitOK, "replay", "--resume", "last"); !strings.Contains(out, "pending 50 (not reached)") || !strings.Contains(out, "--yes") {
		t.Error(out)
	}
	if sent, _ := w.Sent(); sent != 0 {
		t.Errorf("%d sent by a cancelled job", sent)
	}
	s.run(cli.ExitOK, "replay", "--resume", "last", "--yes", "--reason", "no mistake", "--as", "the third")
	if sent, repeated := w.Sent(); sent != 50 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	if _, stderr := s.run(cli.ExitOK, "replay", "--resume", "last", "--yes", "--reason", "once more"); !strings.Contains(stderr, "done already: 50 selected, sent 50") {
		t.Error(stderr)
	}
	var who []string
	for _, a := range s.Audits() {
		who = append(who, string(a.Action)+" by "+a.Who+": "+a.Reason)
	}
	want := "cancel by the second: a mistake, end by the first: repaired, resume by the third: no mistake, end by the third: no mistake"
	if got := strings.Join(who, ", "); got != want {
		t.Errorf("audit: %s", got)
	}
}

func TestASecondSendPressedTwiceSendsOnceAndSaysSo(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Produce(envelope.Record(s.Config.Topics.DLQ, replaytest.Letter(0, domain.SMS, domain.ClassUnknownOutcome), "workers"))
	w := s.Work(replaytest.Accept)
	press := []string{"replay", replaytest.ID(0), "--accept-duplicate", "--yes", "--reason", "not at the provider"}
	s.run(cli.ExitOK, press...)
	if out, _ := s.run(cli.ExitOK, press...); !strings.Contains(out, "sent 1") || !strings.Contains(out, "Nothing to do") {
		t.Error(out)
	}
	if out, _ := s.run(cli.ExitOK, append(press, "--no-wait")...); !strings.Contains(out, "Nothing to do") {
		t.Error(out)
	}
	if sent, repeated := w.Sent(); sent != 1 || repeated != 0 {
		t.Errorf("sent %d, repeated %d", sent, repeated)
	}
	if n := len(s.Read(s.Config.Topics.ReplayFor(domain.SMS))); n != 1 {
		t.Errorf("%d replays", n)
	}
}

// TestAJobWithUnansweredReplaysIsNotTakenForOneThatIsThrough: a script must be able
// to see the difference. What failed counts for more.
func TestAJobWithUnansweredReplaysIsNotTakenForOneThatIsThrough(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(4)
	answers := map[string]func(*ports.Replay) domain.Outcome{
		replaytest.ID(0): replaytest.Accept, replaytest.ID(1): replaytest.Hesitate,
		replaytest.ID(2): replaytest.Refuse, replaytest.ID(3): replaytest.Hesitate,
	}
	s.Work(func(r *ports.Replay) domain.Outcome { return answers[r.DeadLetterID](r) })
	for _, c := range []struct{ letters, code int }{{2, cli.ExitPending}, {2, cli.ExitFailed}} {
		_, stderr := s.run(c.code, "replay", "--channel", "sms", "--limit", strconv.Itoa(c.letters), "--yes", "--reason", "repaired", "--patience", "3s")
		if !strings.Contains(stderr, "1 replays have no outcome yet") {
			t.Error(stderr)
		}
	}
}

func TestADiscardOfWhatIsBeingReplayedSaysThatItStopsNothing(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	s.Work(replaytest.Hesitate)
	s.run(cli.ExitPending, "replay", "--channel", "sms", "--limit", "2", "--yes", "--reason", "repaired", "--patience", "100ms")
	for _, args := range [][]string{{"discard", "--status", "all"}, {"discard", "--status", "replaying", "--yes", "--reason", "called"}} {
		if _, stderr := s.run(cli.ExitOK, args...); !strings.Contains(stderr, "2 are being replayed and are left: a discard does not stop their send") {
			t.Error(stderr)
		}
	}
	if a := s.Audits(); a[len(a)-1].Action == replay.ActionDiscard {
		t.Errorf("discarded without being asked for: %+v", a)
	}
	if out, stderr := s.run(cli.ExitOK, "discard", "--status", "replaying", "--replaying", "--yes", "--reason", "called"); !strings.Contains(stderr, "does not stop their send") || !strings.Contains(out, "2 marked") {
		t.Error(out, stderr)
	}
}
