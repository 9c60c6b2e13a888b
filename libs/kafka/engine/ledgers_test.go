package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
)

// end returns the offset behind a topic's last record on partition 0.
func (r *rig) end(topic string) int64 {
	r.t.Helper()
	ends, err := r.admin.ListEndOffsets(r.t.Context(), topic)
	if err != nil {
		r.t.Fatal(err)
	}
	at, _ := ends.Lookup(topic, 0)
	return at.Offset
}

// published is an event with a timestamp of its own.
func (r *rig) published(appointment string, at time.Time) {
	r.t.Helper()
	rec := r.event(0, appointment, time.Now().Add(1000*time.Hour))
	rec.Timestamp = at
	r.write(rec)
	r.untilDone(time.Minute)
}

// rereadAll is an offset reset of the stopped group.
func (r *rig) rereadAll() {
	r.t.Helper()
	start := kadm.Offsets{}
	start.Add(kadm.Offset{Topic: rigSource, Partition: 0, At: 0, LeaderEpoch: -1})
	if err := r.admin.CommitAllOffsets(r.t.Context(), rigGroup, start); err != nil {
		r.t.Fatal(err)
	}
}

func TestARecordFromBeforeTheLedgerIsNotSent(t *testing.T) {
	inRig(t, rigConfig{}, func(r *rig) {
		never := time.UnixMilli(1)
		w := r.startReady()
		r.published("unknown-0", never)
		r.published("known-1", time.Now())
		tick(2 * time.Hour)
		kept := r.end(rigLedger)
		r.published("kept-2", time.Now())
		_ = w.stop()
		kafkatest.DeleteBefore(r.t, r.opts, rigLedger, kept)
		r.rereadAll()
		r.startReady()
		r.untilDone(time.Minute)
		r.published("unknown-3", never)
		if n, sends := r.provider.count(), r.provider.sends(); n != 4 || sends != 4 {
			t.Errorf("%d accepted of %d calls, want each event once", n, sends)
		}
		letters := r.deadLetters()
		if len(letters) != 2 {
			t.Fatalf("%d dead letters, want those that the ledger has lost", len(letters))
		}
		for _, d := range letters {
			e, err := envelope.Decode(envelope.FromKafka(d.Headers))
			if err != nil || e.Code != "ledger.too_old" {
				t.Errorf("dead-lettered as %s (%v)", e.Code, err)
			}
		}
	})
}

// No setting says how far a ledger reaches: only what its partition has lost.
func TestALedgerThatHasLostNothingReachesBackForEver(t *testing.T) {
	inRig(t, rigConfig{}, func(r *rig) {
		early := time.Now().Add(time.Hour)
		tick(300 * time.Hour) // far beyond any setting's retention
		r.startReady()
		r.published("older-than-the-ledger", early)
		again := r.event(0, "remembered", time.Now().Add(1000*time.Hour))
		r.write(again)
		r.untilDone(time.Minute)
		for i := range 2 {
			tick(2 * ledgerlog.ComparePeriod)
			copied := *again
			r.write(&copied)
			r.untilDone(time.Minute)
			r.published(fmt.Sprintf("late-%d", i), early)
		}
		r.wantDone(4)
		if n := r.outcome(domain.StatusSkipped, domain.SkipAlreadySent); n != 2 {
			t.Errorf("%d copies were skipped as already sent, want 2", n)
		}
	})
}
