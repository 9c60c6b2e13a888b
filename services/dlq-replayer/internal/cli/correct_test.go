package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestARecipientIsCorrectedFromTheCommandLineToo(t *testing.T) {
	s := newShell(t)
	d := replaytest.Valid(1, domain.ClassRecipientRejected, time.Now().Add(24*time.Hour))
	s.Bury(d)
	w := s.Work(replaytest.Accept)
	id := replaytest.ValidID(d)
	for _, args := range [][]string{
		{"replay", "--channel", "sms", "--set-recipient", "+15550109999"},
		{"replay", id[:8], "--set-recipient", "+15550109999"},
		{"replay", id, "--set-recipient", "somebody@patients.example"},
		{"replay", id, "--set-recipient", "+15550100001"},
		{"replay", id, "--set-recipient", ""},
		{"replay", id, "--set-recipient", "+15550109999", "--accept-duplicate"},
		{"replay", id, "--set-recipient", "+15550109999", "--yes", "--reason", "x", "--no-wait"},
	} {
		s.run(cli.ExitUsage, args...)
	}
	if out, _ := s.run(cli.ExitOK, "replay", id, "--set-recipient", "+15550109999"); !strings.Contains(out, "The ledgers say: 1 to send.") {
		t.Error(out)
	}
	if n := len(s.Read(s.Config.Topics.ReplayFor(domain.SMS))); n != 0 {
		t.Fatalf("%d replays before --yes", n)
	}
	s.run(cli.ExitOK, "replay", id, "--set-recipient", "+15550109999", "--yes", "--reason", "the patient called")
	replays := s.Read(s.Config.Topics.ReplayFor(domain.SMS))
	if len(replays) != 1 || !strings.Contains(string(replays[0].Value), "+15550109999") {
		t.Errorf("%d replays", len(replays))
	}
	if sent, _ := w.Sent(); sent != 1 || strings.Contains(s.all.String(), "5550109999") {
		t.Errorf("sent %d, or the number is printed:\n%s", sent, s.all)
	}
}
