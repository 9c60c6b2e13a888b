package channeldemo_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/channeldemo"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// play runs the command in virtual time and returns its output with single
// spaces.
func play(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		if err := (channeldemo.Command{}).Run(t.Context(), &cmdline.Invocation{Stdout: &out}); err != nil {
			t.Fatal(err)
		}
	})
	return regexp.MustCompile(` +`).ReplaceAllString(out.String(), " ")
}

func TestTheTableTellsEveryRule(t *testing.T) {
	got := play(t)
	for _, want := range []string{
		"both channels success email sent 1 0\n sms sent 1 0\n",
		"published twice success email skipped already_sent 0 0\n sms skipped already_sent 0 0\n",
		"moved success email sent 1 0\n sms sent 1 0\n",
		"only an e-mail is asked for success email sent 1 0\n sms skipped not_requested 0 0\n",
		"bad phone number failure email sent 1 0\n sms dead_lettered invalid_event (event.phone_e164) 0 0\n",
		"not JSON at all failure email dead_lettered invalid_event (event.json) 0 0\n sms dead_lettered invalid_event (event.json) 0 0\n",
		"is over success email skipped appointment_past 0 0\n sms skipped appointment_past 0 0\n",
		"no such recipient failure email dead_lettered recipient_rejected (fake.bad_recipient) 1 0\n sms sent 1 0\n",
		"out of reach once success email sent 1 0\n sms sent tried again after a transient failure 2 0\n",
		"the answer is lost success email sent in doubt, found by asking the provider 1 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestTheSummaryCountsSuccessAndNothingTwice(t *testing.T) {
	got := play(t)
	for _, want := range []string{
		"7 of 10 events succeeded",
		"email accepted by the provider 6, of these twice 0, dead letters 2",
		"sms accepted by the provider 5, of these twice 0, dead letters 2",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
