package flowdemo

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// play runs the command in virtual time and returns its output before and after
// the crash.
func play(t *testing.T) (before, after string) {
	t.Helper()
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		if err := (Command{}).Run(t.Context(), &cmdline.Invocation{Stdout: &out}); err != nil {
			t.Error(err)
		}
		<-time.After(time.Minute) // what is left of the killed workers ends by itself
	})
	before, after, crashed := strings.Cut(out.String(), "kill -9")
	if !crashed {
		t.Fatalf("there was no crash:\n%s", &out)
	}
	return before, after
}

// wants checks that the texts stand in got, in this order.
func wants(t *testing.T, got string, texts ...string) {
	t.Helper()
	rest := got
	for _, want := range texts {
		_, behind, found := strings.Cut(rest, want)
		if !found {
			t.Errorf("%q is not in its place in\n%s", want, got)
			return
		}
		rest = behind
	}
}

func TestOnlyTheFinishedPrefixIsCommitted(t *testing.T) {
	before, _ := play(t)
	wants(t, before, "email  reads from offset 0")
	for _, channel := range []string{"email", "sms  "} {
		wants(t, before, "offset 0  "+channel+"  sent", "offset 3  "+channel+"  sent",
			channel+"  running 1  watermark 1  committed 1: offset 1 is not finished")
		if strings.Contains(before, "offset 1  "+channel) {
			t.Errorf("offset 1 has an outcome although no answer came:\n%s", before)
		}
	}
	wants(t, before, "offset 4  email  sent")
	wants(t, before, "offset 4  sms    skipped: not_requested")
}

func TestARedeliveryAfterACrashSendsNothingTwice(t *testing.T) {
	_, after := play(t)
	for _, channel := range []string{"email", "sms  "} {
		wants(t, after, channel+"  reads from offset 1", channel+"  asks the provider",
			"offset 1  "+channel+"  sent: a claim without an outcome stood in the ledger", channel+"  running 0  watermark 5  committed 5")
		wants(t, after, "offset 3  "+channel+"  skipped: already_sent")
	}
	wants(t, after, "offset 4  email  skipped: already_sent")
	wants(t, after, "offset 4  sms    skipped: not_requested")
	wants(t, after, "asked for 7   accepted by the providers 7   lost 0   doubled 0   dead letters 2 (a repeat has the same dlq-id: 4 copies)")
}

func TestADeadLetterShowsItsHeaders(t *testing.T) {
	_, after := play(t)
	wants(t, after,
		"value  appointment 3 at nine", "content-type               application/json",
		"dlq-version                1", "dlq-original-offset        2",
		"dlq-error-class            invalid_event", "dlq-error-code             event.json",
	)
}

func TestTheVerdictCountsWhatIsLostAndWhatIsDoubled(t *testing.T) {
	a, b, c := domain.Key{1}, domain.Key{2}, domain.Key{3}
	for _, k := range []struct {
		asked, accepted []domain.Key
		lost, doubled   int
	}{
		{[]domain.Key{a, b}, []domain.Key{b, a}, 0, 0},
		{[]domain.Key{a, b}, []domain.Key{a}, 1, 0},
		{[]domain.Key{a, b}, []domain.Key{a, a, a}, 1, 2},
		{[]domain.Key{a}, []domain.Key{a, c}, 0, 1},
	} {
		if lost, doubled := judge(k.asked, k.accepted); lost != k.lost || doubled != k.doubled {
			t.Errorf("%v of %v: lost %d, doubled %d; want %d and %d", k.accepted, k.asked, lost, doubled, k.lost, k.doubled)
		}
	}
}
