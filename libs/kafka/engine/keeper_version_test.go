package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// scribble writes into the ledger past its owner.
func (r *rig) scribble(value string) {
	r.t.Helper()
	if err := r.client.ProduceSync(r.t.Context(), &kgo.Record{Topic: rigLedger, Value: []byte(value)}).FirstErr(); err != nil {
		r.t.Fatal(err)
	}
}

func TestALedgerThatANewerBuildWroteStopsTheWorker(t *testing.T) {
	for what, value := range map[string]string{
		"a later version": "4\tclaimed\tOWNER\tanything at all",
		"another kind":    "2\twithdrawn\tOWNER\tanything at all",
	} {
		for _, running := range []bool{false, true} {
			inRig(t, rigConfig{}, func(r *rig) {
				// A value that is not a ledger record is skipped.
				r.scribble("2031-05-04\tsome log\tof another\tsystem")
				w := r.startReady()
				r.publish(0, "a-0", tomorrow())
				r.untilDone(time.Minute)
				if !running {
					_ = w.stop()
				}
				at := r.end(rigLedger)
				r.scribble(value)
				r.publish(0, "a-1", tomorrow())
				if !running {
					w = r.start()
				}
				select {
				case <-w.ended:
				case <-time.After(time.Minute):
					t.Error("the worker goes on")
				}
				var newer *ledgerlog.NewerError
				if err := w.stop(); !errors.As(err, &newer) || newer.Offset != at || !strings.Contains(err.Error(), rigLedger+"/0") {
					t.Errorf("%s, running %t: it ended with %v, want the record at %d", what, running, err, at)
				}
				if n := r.provider.sends(); n != 1 {
					t.Errorf("%d calls, want that of the first event", n)
				}
			})
		}
	}
}

func TestBuildsOfTwoLedgerVersionsShareNoGroup(t *testing.T) {
	name := newLaneBalancer("email", rigSource, rigReplay).ProtocolName()
	if before := "lanes-cooperative-sticky-email"; name == before || !strings.HasSuffix(name, "-ledger-3") || ledger.Version != 3 {
		t.Errorf("the protocol is called %q; a new version of the ledger needs a new name", name)
	}
}
