package flowdemo_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/flowdemo"
)

// play runs the command in virtual time and returns its output before and after
// the crash.
func play(t *testing.T) (before, after string) {
	t.Helper()
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		if err := (flowdemo.Command{}).Run(t.Context(), &cmdline.Invocation{Stdout: &out}); err != nil {
			t.Fatal(err)
		}
	})
	before, after, crashed := strings.Cut(out.String(), "kill -9")
	if !crashed {
		t.Fatalf("there was no crash:\n%s", &out)
	}
	return before, after
}

func wants(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestOnlyTheFinishedPrefixIsCommitted(t *testing.T) {
	before, _ := play(t)
	wants(t, before,
		"appointment-1        offsets 0, 3",
		"offset 4  email  sent",
		"watermark 0  offset 0 is not finished",
		"watermark 1  → commit 1",
		"watermark 1  offset 1 is not finished",
	)
	if strings.Contains(before, "commit 2") {
		t.Error("something behind the unfinished offset 1 was committed")
	}
}

func TestARedeliveryAfterACrashSendsNothingTwice(t *testing.T) {
	_, after := play(t)
	wants(t, after,
		"committed offset 1",
		"offset 1  email  sent: a claim without an outcome stood in the ledger",
		"offset 1  sms    sent\n",
		"offset 3  email  skipped: already_sent",
		"offset 3  sms    skipped: already_sent",
		"offset 4  sms    skipped: not_requested",
		"commit 5",
		"committed 5 of 5   accepted by the providers 7   doubled 0   dead letters 2 (a repeat has the same dlq-id: 4 copies)",
	)
}

func TestADeadLetterShowsItsHeaders(t *testing.T) {
	_, after := play(t)
	wants(t, after,
		"value  appointment 3 at nine", "content-type               application/json",
		"dlq-version                1", "dlq-original-offset        2",
		"dlq-error-class            invalid_event", "dlq-error-code             event.json",
	)
}
